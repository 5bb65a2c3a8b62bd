import { useQuery, useQueryClient, type QueryClient, type UseQueryResult } from '@tanstack/react-query';
import { agentsKey, getAgent, listAgents } from '../services/agents';
import type { Agent, AgentList } from '../services/types';
import { learnServerTime } from './clock';
import { mergeAgents } from './fleet';
import { useLiveConnection, useLiveEvents } from './live';
import type { LiveEvent } from './liveConnection';

/** The stream brings agents as they change; the whole list is read again for what it does not carry (the GPUs' total). */
const REFRESH_MS = 15_000;

async function readAgents(signal: AbortSignal): Promise<AgentList> {
  const list = await listAgents(signal);
  learnServerTime(list.server_time);
  return list;
}

/** Asks before a page does, so that it need not wait for the page; who is not signed in is told so here too. */
export function fetchAgents(client: QueryClient): void {
  client.query({ queryKey: agentsKey, queryFn: ({ signal }) => readAgents(signal) }).catch(() => undefined);
}

/** Every agent, kept current by the live stream. */
export function useAgents(): UseQueryResult<AgentList> {
  const client = useQueryClient();
  const connection = useLiveConnection();
  useLiveEvents((event: LiveEvent) => {
    if (event.type === 'agents') {
      client.setQueryData<AgentList>(agentsKey, (list) => (list ? mergeAgents(list, event.agents) : list));
    } else if (event.type === 'resync') {
      void client.invalidateQueries({ queryKey: agentsKey });
    }
  });
  return useQuery({
    queryKey: agentsKey,
    queryFn: ({ signal }) => connection.ask(readAgents(signal), signal),
    refetchInterval: REFRESH_MS,
  });
}

/** One agent by name; taken from the list where that is at hand, so that opening it shows at once. */
export function useAgent(name: string): UseQueryResult<Agent> {
  const client = useQueryClient();
  const connection = useLiveConnection();
  const key = [...agentsKey, name];
  useLiveEvents((event: LiveEvent) => {
    if (event.type === 'agents') {
      const found = event.agents.find((agent) => agent.name === name || agent.agent_id === name);
      if (found) client.setQueryData<Agent>(key, found);
    }
  });
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => connection.ask(getAgent(name, signal), signal),
    initialData: () => client.getQueryData<AgentList>(agentsKey)?.agents.find((agent) => agent.name === name),
    initialDataUpdatedAt: () => client.getQueryState(agentsKey)?.dataUpdatedAt,
    refetchInterval: REFRESH_MS,
  });
}
