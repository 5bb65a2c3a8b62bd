import type { Agent } from '../../services/types';

/** Those that work for an agent, the busiest first, then by name. */
export function subAgentsOf(agents: readonly Agent[], id: string): Agent[] {
  return agents
    .filter((agent) => agent.parent?.agent_id === id)
    .sort((left, right) => right.today.requests - left.today.requests || left.name.localeCompare(right.name));
}
