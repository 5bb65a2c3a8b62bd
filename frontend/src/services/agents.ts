import { request } from './http';
import type { Agent, AgentList, EventList } from './types';

export const agentsKey = ['agents'] as const;

/** A fleet of more than this many pages is cut, and says so by its `next_cursor`. */
const MOST_PAGES = 10;

/** Every agent: follows the pages until the last. */
export async function listAgents(signal?: AbortSignal): Promise<AgentList> {
  let list = await agentPage(undefined, signal);
  for (let page = 1; page < MOST_PAGES && list.next_cursor !== null; page += 1) {
    const next = await agentPage(list.next_cursor, signal);
    list = { ...next, agents: [...list.agents, ...next.agents] };
  }
  return list;
}

function agentPage(cursor: string | undefined, signal: AbortSignal | undefined): Promise<AgentList> {
  return request<AgentList>('/api/v1/agents', {
    query: { limit: 1000, cursor },
    ...(signal === undefined ? {} : { signal }),
  });
}

export function getAgent(name: string, signal?: AbortSignal): Promise<Agent> {
  return request<Agent>(`/api/v1/agents/${encodeURIComponent(name)}`, signal === undefined ? {} : { signal });
}

export interface EventsRequest {
  agent: string;
  start: string;
  end: string;
  limit: number;
}

export function listEvents(wanted: EventsRequest, signal?: AbortSignal): Promise<EventList> {
  const { agent, start, end, limit } = wanted;
  return request<EventList>(`/api/v1/agents/${encodeURIComponent(agent)}/events`, {
    query: { start, end, limit },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Which custom metrics the records of an agent have in a range. */
export async function listCustomMetrics(
  agent: string,
  range: { start: string; end: string },
  signal: AbortSignal,
): Promise<string[]> {
  const answer = await request<{ names: string[] }>(
    `/api/v1/agents/${encodeURIComponent(agent)}/custom-metrics`,
    { query: { start: range.start, end: range.end }, signal },
  );
  return answer.names;
}
