import { request } from './http';
import type { Agent, AgentChange, AgentList, AgentRevision, EventList } from './types';

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

/** What is left out stays as it is; a label that is null goes. */
export function reviseAgent(name: string, change: AgentChange): Promise<AgentRevision> {
  return request<AgentRevision>(`/api/v1/agents/${encodeURIComponent(name)}/revisions`, {
    method: 'POST',
    body: change,
  });
}

/** Names of the custom metrics that an agent's records of a range have. */
export async function listCustomMetrics(
  { agent, start, end }: Omit<EventsRequest, 'limit'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = `/api/v1/agents/${encodeURIComponent(agent)}/custom-metrics`;
  return (await request<{ names: string[] }>(path, { query: { start, end }, signal })).names;
}
