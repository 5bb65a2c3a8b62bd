import type { Agent, Status } from '../../services/types';
import { meanColumns, sumColumns, type Frame } from '../../utils/frame';
import { compareValues, readSortText, type Sort } from '../../utils/sort';
import { FLEET_COLUMNS } from './fleetColumns';

export const STATUSES: readonly Status[] = ['up', 'late', 'down', 'error', 'stopped', 'never'];

/** What needs a person comes first. */
export const GRAVITY: Record<Status, number> = { down: 0, error: 1, late: 2, never: 3, stopped: 4, up: 5 };

export interface FleetFilter {
  text: string;
  statuses: readonly Status[];
}

/** Grave ones first, then by name. */
export const DEFAULT_SORT: Sort = { column: 'status', descending: false };

export function readFilter(params: URLSearchParams): FleetFilter {
  const named = (params.get('status') ?? '').split(',');
  return { text: params.get('q') ?? '', statuses: STATUSES.filter((status) => named.includes(status)) };
}

const SORTABLE = ['name', 'status', 'seen', ...FLEET_COLUMNS.map((column) => column.id)];

export function readSort(params: URLSearchParams): Sort {
  return readSortText(params.get('sort'), SORTABLE, DEFAULT_SORT);
}

export function isNumeric(column: string): boolean {
  return FLEET_COLUMNS.some((metric) => metric.id === column);
}

/** Every word must be in the name, the host or a label. */
export function filterAgents(agents: readonly Agent[], filter: FleetFilter): Agent[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return agents.filter((agent) => {
    if (filter.statuses.length > 0 && !filter.statuses.includes(agent.status)) return false;
    const labels = Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`);
    const text = [agent.name, agent.host ?? '', ...labels].join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function sortValue(agent: Agent, column: string): number | string | null {
  if (column === 'name') return agent.name;
  if (column === 'status') return GRAVITY[agent.status];
  if (column === 'seen') return agent.last_seen === null ? null : Date.parse(agent.last_seen);
  return FLEET_COLUMNS.find((metric) => metric.id === column)?.value(agent) ?? null;
}

/** "Not measured" stands last in either direction; equal ones by name. */
export function sortAgents(agents: readonly Agent[], sort: Sort): Agent[] {
  return [...agents].sort(
    (left, right) =>
      compareValues(sortValue(left, sort.column), sortValue(right, sort.column), sort.descending) ||
      left.name.localeCompare(right.name),
  );
}

/** Keeps rows where they were while the pointer is over them; agents that came since stand at the end. */
export function holdOrder(agents: readonly Agent[], ids: readonly string[]): Agent[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  const at = (agent: Agent): number => place.get(agent.agent_id) ?? ids.length;
  return [...agents].sort((left, right) => at(left) - at(right));
}

/** Histories by agent and column. */
export type Histories = Map<string, Map<string, Float64Array>>;

export const ALL_AGENTS = '*';

/** What some agents did together: sums and means of their histories. Percentiles cannot be combined. */
export function combineHistories(histories: Histories, ids: readonly string[]): Map<string, Float64Array> {
  const combined = new Map<string, Float64Array>();
  for (const { combine, history } of FLEET_COLUMNS) {
    if (combine === null) continue;
    const columns = ids.map((id) => histories.get(id)?.get(history)).filter((column) => column !== undefined);
    const length = Math.max(0, ...columns.map((column) => column.length));
    combined.set(history, (combine === 'sum' ? sumColumns : meanColumns)(columns, length));
  }
  return combined;
}

/** A frame as histories: those of each agent, and those of the agents shown together under `ALL_AGENTS`. */
export function prepareHistories(frame: Frame, shown: ReadonlySet<string>): Histories {
  const histories: Histories = new Map();
  for (const series of frame.series) {
    if (series.agentId === null) continue;
    const own = histories.get(series.agentId) ?? new Map<string, Float64Array>();
    own.set(series.metric, series.values);
    histories.set(series.agentId, own);
  }
  histories.set(ALL_AGENTS, combineHistories(histories, [...shown]));
  return histories;
}
