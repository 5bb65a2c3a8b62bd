import { ApiError, request } from './http';
import type { Configuration, ConfigurationChange } from './types';

/** Null is the fleet's. */
export function configurationKey(agent: string | null): readonly (string | null)[] {
  return ['configuration', agent];
}

/** Of the fleet and of each agent that has its own. */
async function listConfigurations(agent: string | null, signal?: AbortSignal): Promise<Configuration[]> {
  const list = await request<{ configurations: Configuration[] }>('/api/v1/configuration', {
    query: { agent: agent ?? undefined },
    ...(signal === undefined ? {} : { signal }),
  });
  return list.configurations;
}

/** What is in force for one agent: its own configuration, else the fleet's. */
export async function getConfiguration(agent: string | null, signal?: AbortSignal): Promise<Configuration> {
  const found = await listConfigurations(agent, signal);
  const fleet = found.find((item) => item.agent_id === null);
  const own = agent === null ? fleet : (found.find((item) => item.agent_id !== null) ?? fleet);
  if (!own) throw new ApiError(200, 'empty', 'The server has no configuration to show.');
  return own;
}

export function postConfiguration(change: ConfigurationChange): Promise<Configuration> {
  return request<Configuration>('/api/v1/configuration', { method: 'POST', body: change });
}
