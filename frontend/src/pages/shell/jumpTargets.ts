import type { Agent, Status, View } from '../../services/types';
import {
  agentPath,
  CONNECT_PATH,
  COSTS_PATH,
  EXPLORE_PATH,
  EXPORT_PATH,
  HEALTH_PATH,
  SETTINGS_PATH,
  tabAddress,
  type RangeState,
} from '../../state/urlState';
import { viewAddress } from '../../state/views';

/** A place that the palette leads to. */
export interface JumpTarget {
  key: string;
  name: string;
  kind: 'page' | 'agent' | 'view';
  status: Status | null;
  address: string;
}

const MOST_SHOWN = 12;

/** Every place one can go: the pages, the saved views, every agent with the range kept. */
export function jumpTargets(
  agents: readonly Agent[],
  views: readonly View[],
  state: Pick<RangeState, 'range' | 'usual'>,
): JumpTarget[] {
  return [
    { key: 'fleet', name: 'Fleet', kind: 'page', status: null, address: tabAddress('/', state) },
    { key: 'costs', name: 'Costs', kind: 'page', status: null, address: tabAddress(COSTS_PATH, state) },
    { key: 'explore', name: 'Explore', kind: 'page', status: null, address: tabAddress(EXPLORE_PATH, state) },
    { key: 'export', name: 'Export', kind: 'page', status: null, address: tabAddress(EXPORT_PATH, state) },
    { key: 'health', name: 'Health', kind: 'page', status: null, address: HEALTH_PATH },
    ...views.map((view) => ({
      key: `view ${view.name}`,
      name: view.name,
      kind: 'view' as const,
      status: null,
      address: viewAddress(view),
    })),
    ...agents.map((agent) => ({
      key: `agent ${agent.agent_id}`,
      name: agent.name,
      kind: 'agent' as const,
      status: agent.status,
      address: tabAddress(agentPath(agent.name), state),
    })),
    // Seldom gone to: a few letters find them.
    { key: 'connect', name: 'Connect an agent', kind: 'page', status: null, address: CONNECT_PATH },
    { key: 'settings', name: 'Settings', kind: 'page', status: null, address: SETTINGS_PATH },
  ];
}

/** Those that hold every word; names that begin with the text come first. */
export function matchTargets(targets: readonly JumpTarget[], text: string): JumpTarget[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/);
  const begins = (target: JumpTarget): number => (target.name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return targets
    .filter((target) => words.every((word) => target.name.toLowerCase().includes(word)))
    .sort((left, right) => begins(left) - begins(right))
    .slice(0, MOST_SHOWN);
}
