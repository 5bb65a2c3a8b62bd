import { ApiError, request } from './http';
import type { Configuration, ConfigurationChange } from './types';

export function configurationKey(agent: string): readonly string[] {
  return ['configuration', agent];
}

/** What is in force for one agent: its own configuration, else the fleet's. */
export async function getConfiguration(agent: string, signal?: AbortSignal): Promise<Configuration> {
  const list = await request<{ configurations: Configuration[] }>('/api/v1/configuration', {
    query: { agent },
    ...(signal === undefined ? {} : { signal }),
  });
  const found = list.configurations.find((item) => item.agent_id !== null) ?? list.configurations[0];
  if (!found) throw new ApiError(200, 'empty', 'The server has no configuration for this agent.');
  return found;
}

export function postConfiguration(change: ConfigurationChange): Promise<Configuration> {
  return request<Configuration>('/api/v1/configuration', { method: 'POST', body: change });
}
