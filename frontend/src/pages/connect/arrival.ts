import type { Agent } from '../../services/types';

/** When each agent was last heard of as the page was opened. */
export type Known = ReadonlyMap<string, string | null>;

export function rememberAgents(agents: readonly Agent[]): Known {
  return new Map(agents.map((agent) => [agent.agent_id, agent.last_seen]));
}

/**
 * The agent that has come since: one that nobody had heard of, or the named one with a newer record. Others send all the
 * time, which says nothing of what is being connected.
 */
export function findArrival(known: Known, agents: readonly Agent[], name: string): Agent | null {
  const come = agents.filter((agent) => {
    if (agent.last_seen === null) return false;
    const before = known.get(agent.agent_id);
    if (before === undefined || before === null) return true;
    return agent.name === name && Date.parse(agent.last_seen) > Date.parse(before);
  });
  return come.find((agent) => agent.name === name) ?? come[0] ?? null;
}
