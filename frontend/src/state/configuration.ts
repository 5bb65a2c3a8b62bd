import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { configurationKey, getConfiguration, postConfiguration } from '../services/configuration';
import type { ConfigurationChange } from '../services/types';

export function useConfiguration(agent: string) {
  return useQuery({
    queryKey: configurationKey(agent),
    queryFn: ({ signal }) => getConfiguration(agent, signal),
    staleTime: 60_000,
  });
}

export function useSaveConfiguration(agent: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ConfigurationChange) => postConfiguration({ ...change, agent }),
    onSuccess: (saved) => client.setQueryData(configurationKey(agent), saved),
  });
}
