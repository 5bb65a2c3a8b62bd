import { request } from './http';
import type { Changes } from './types';

export interface WindowQuestion {
  /** Names or ids; none means all agents. */
  agents: readonly string[];
  startMs: number;
  endMs: number;
}

const MOST_CHANGES = 20;

/** What moved in a window against the time before it, the most striking first. */
export function getChanges(
  { agents, startMs, endMs }: WindowQuestion,
  signal: AbortSignal,
): Promise<Changes> {
  return request<Changes>('/api/v1/changes', {
    query: {
      agent: agents,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
      limit: MOST_CHANGES,
    },
    signal,
  });
}
