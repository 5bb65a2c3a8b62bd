import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { configurationKey, getConfiguration, postConfiguration } from '../services/configuration';
import type { ConfigurationChange } from '../services/types';

const REFRESH_MS = 60_000;

export interface ConfigurationOptions {
  /** Asks again when shown, however new the known one is: who changes a configuration must see what is in force. */
  askAnew?: boolean;
}

export function useConfiguration(agent: string | null, { askAnew = false }: ConfigurationOptions = {}) {
  return useQuery({
    queryKey: configurationKey(agent),
    queryFn: ({ signal }) => getConfiguration(agent, signal),
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    refetchOnMount: askAnew ? 'always' : true,
  });
}

export function useSaveConfiguration(agent: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ConfigurationChange) => postConfiguration({ ...change, agent }),
    onSuccess: (saved) => {
      client.setQueryData(configurationKey(agent), saved);
      // The fleet's holds for every agent without one of its own. Not waited for: the form closes at once.
      if (agent === null) void client.invalidateQueries({ queryKey: ['configuration'] });
    },
  });
}
