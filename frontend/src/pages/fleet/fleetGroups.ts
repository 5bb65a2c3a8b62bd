import type { Agent, Status, Totals } from '../../services/types';
import { totalsOf } from '../../state/fleet';
import type { Sort } from '../../utils/sort';
import { combineHistories, DEFAULT_SORT, GRAVITY, type Histories } from './fleetRows';

/** Agents that share the value of a label. */
export interface FleetGroup {
  key: string;
  name: string;
  agents: Agent[];
  totals: Totals;
  /** The gravest state in it, and how many are in that. */
  status: Status;
  count: number;
  history: Map<string, Float64Array>;
}

/** One line of the table: a group's totals, or an agent. */
export type FleetLine = { group: FleetGroup } | { agent: Agent };

/** The labels that agents have, by name. */
export function labelNames(agents: readonly Agent[]): string[] {
  return [...new Set(agents.flatMap((agent) => Object.keys(agent.labels)))].sort();
}

function gravest(agents: readonly Agent[]): Status {
  return agents
    .map((agent) => agent.status)
    .reduce<Status>((worst, status) => (GRAVITY[status] < GRAVITY[worst] ? status : worst), 'up');
}

function groupOf(name: string, key: string, agents: Agent[], histories: Histories): FleetGroup {
  const status = gravest(agents);
  return {
    key,
    name,
    agents,
    totals: totalsOf(agents),
    status,
    count: agents.filter((agent) => agent.status === status).length,
    history: combineHistories(
      histories,
      agents.map((agent) => agent.agent_id),
    ),
  };
}

/** Rows by the value of a label, in the order that they have; what needs a person first, or else by name. */
export function groupAgents(
  rows: readonly Agent[],
  label: string,
  sort: Sort,
  histories: Histories,
): FleetGroup[] {
  const byValue = new Map<string, Agent[]>();
  for (const agent of rows) {
    const value = agent.labels[label] ?? '';
    byValue.set(value, [...(byValue.get(value) ?? []), agent]);
  }
  const groups = [...byValue].map(([value, agents]) =>
    groupOf(value === '' ? `no ${label}` : value, value, agents, histories),
  );
  const byGravity = sort.column === DEFAULT_SORT.column;
  return groups.sort((left, right) => {
    const gravity = byGravity ? GRAVITY[left.status] - GRAVITY[right.status] : 0;
    // Those without the label stand last among their like.
    return gravity || Number(left.key === '') - Number(right.key === '') || left.key.localeCompare(right.key);
  });
}

export function linesOf(rows: readonly Agent[], groups: readonly FleetGroup[] | null): FleetLine[] {
  if (!groups) return rows.map((agent) => ({ agent }));
  return groups.flatMap((group) => [{ group }, ...group.agents.map((agent) => ({ agent }))]);
}
