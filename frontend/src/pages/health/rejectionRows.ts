import type { Rejection } from '../../services/types';

/** Since when refusals are shown; in the address `since=7d`. */
export const SINCES = [
  { value: '1h', words: 'Hour' },
  { value: '24h', words: 'Day' },
  { value: '7d', words: 'Week' },
  { value: '30d', words: 'Month' },
] as const;

export type Since = (typeof SINCES)[number]['value'];

export const USUAL_SINCE: Since = '24h';

export function readSince(params: URLSearchParams): Since {
  return SINCES.find(({ value }) => value === params.get('since'))?.value ?? USUAL_SINCE;
}

/** Nobody can tell such refusals by their agent: they named none. */
export function refusedName({ agent, subject }: Pick<Rejection, 'agent' | 'subject'>): string {
  if (agent !== '') return agent;
  return subject === 'request' ? 'a whole request' : 'no agent named';
}

export function refusedKey(row: Rejection): string {
  return [row.agent, row.key, row.address, row.subject, row.code, row.field, row.first].join('\n');
}

/** How many were refused of each agent that is registered, by its id; and the names that no agent has. */
export function refusedByAgent(rows: readonly Rejection[]): { byId: Map<string, number>; unknown: string[] } {
  const byId = new Map<string, number>();
  const unknown = new Set<string>();
  for (const { agent, agent_id: id, count } of rows) {
    if (id !== null) byId.set(id, (byId.get(id) ?? 0) + count);
    else if (agent !== '') unknown.add(agent);
  }
  return { byId, unknown: [...unknown] };
}
