import type { Agent, AgentList, Status, Totals } from '../services/types';

function sumOf(agents: readonly Agent[], pick: (agent: Agent) => number | null): number | null {
  const values = agents.map(pick).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

function meanOf(agents: readonly Agent[], pick: (agent: Agent) => number | null): number | null {
  const values = agents.map(pick).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function countOf(agents: readonly Agent[], status: Status): number {
  return agents.filter((agent) => agent.status === status).length;
}

/** A host's own sample holds what its agents use: it counts only where nothing but hosts is shown. */
function withoutHosts(agents: readonly Agent[]): readonly Agent[] {
  const own = agents.filter((agent) => !agent.name.startsWith('host:'));
  return own.length > 0 ? own : agents;
}

/** What the totals are over some agents. The GPUs' mean is the mean over agents: only the server knows each GPU. */
export function totalsOf(agents: readonly Agent[]): Totals {
  const users = withoutHosts(agents);
  return {
    agents: agents.length,
    up: countOf(agents, 'up'),
    late: countOf(agents, 'late'),
    down: countOf(agents, 'down'),
    stopped: countOf(agents, 'stopped'),
    error: countOf(agents, 'error'),
    never: countOf(agents, 'never'),
    requests_today: agents.reduce((sum, agent) => sum + agent.today.requests, 0),
    errors_today: agents.reduce((sum, agent) => sum + agent.today.errors, 0),
    cost_today_usd: sumOf(agents, (agent) => agent.today.cost_usd),
    throughput_req_per_min: sumOf(agents, (agent) => agent.latest.throughput_req_per_min),
    cpu_usage_percent: meanOf(users, (agent) => agent.latest.cpu_usage_percent),
    memory_usage_mb: sumOf(users, (agent) => agent.latest.memory_usage_mb),
    gpu_usage_percent: meanOf(agents, (agent) => agent.latest.gpu_usage_percent),
    gpu_memory_usage_mb: sumOf(agents, (agent) => agent.latest.gpu_memory_usage_mb),
    gpu_count: 0,
  };
}

/** Lays changed agents over the list. An agent that is new takes its place by name. */
export function mergeAgents(list: AgentList, changed: readonly Agent[]): AgentList {
  if (changed.length === 0) return list;
  const byId = new Map(list.agents.map((agent) => [agent.agent_id, agent]));
  for (const agent of changed) byId.set(agent.agent_id, agent);
  const agents = [...byId.values()].sort((left, right) => left.name.localeCompare(right.name));
  const { gpu_usage_percent, gpu_memory_usage_mb, gpu_count } = list.totals;
  return {
    ...list,
    agents,
    totals: { ...totalsOf(agents), gpu_usage_percent, gpu_memory_usage_mb, gpu_count },
  };
}
