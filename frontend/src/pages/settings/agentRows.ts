import type { Agent } from '../../services/types';

/** `team: search, tier: 1`. */
export function labelText({ labels }: Pick<Agent, 'labels'>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

/** Those whose name or labels hold the text. */
export function findAgents(agents: readonly Agent[], text: string): readonly Agent[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return agents;
  return agents.filter((agent) => `${agent.name}\n${labelText(agent)}`.toLowerCase().includes(wanted));
}
