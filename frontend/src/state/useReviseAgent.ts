import { useMutation, useQueryClient } from '@tanstack/react-query';
import { agentsKey, reviseAgent } from '../services/agents';
import type { AgentChange } from '../services/types';

/** Describes and labels an agent. */
export function useReviseAgent(agent: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: AgentChange) => reviseAgent(agent, change),
    // Read anew before the form closes: what was saved is on screen then.
    onSuccess: () => client.invalidateQueries({ queryKey: agentsKey }),
  });
}
