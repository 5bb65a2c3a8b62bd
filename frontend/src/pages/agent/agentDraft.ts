import type { Agent, AgentChange } from '../../services/types';

export interface LabelDraft {
  /** Tells rows apart while their names are typed. */
  id: number;
  name: string;
  value: string;
}

export interface AgentDraft {
  description: string;
  labels: readonly LabelDraft[];
}

export const MOST_LABELS = 64;
const LONGEST_NAME = 100;

export function toAgentDraft(agent: Pick<Agent, 'description' | 'labels'>): AgentDraft {
  const labels = Object.entries(agent.labels).map(([name, value], id) => ({ id, name, value }));
  return { description: agent.description, labels };
}

export function nextLabel({ labels }: AgentDraft): LabelDraft {
  return { id: Math.max(-1, ...labels.map((label) => label.id)) + 1, name: '', value: '' };
}

function problemOf(labels: readonly LabelDraft[]): string | null {
  if (labels.some(({ name }) => name === '')) return 'A label needs a name.';
  if (labels.some(({ value }) => value === '')) return 'A label needs a value; remove those without.';
  if (labels.some(({ name }) => name.length > LONGEST_NAME)) {
    return `A label’s name has at most ${LONGEST_NAME} characters.`;
  }
  if (labels.length > MOST_LABELS) return `An agent has at most ${MOST_LABELS} labels.`;
  const names = labels.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `The label ${twice} stands there twice.`;
}

/** Only what was changed is sent: what a colleague labels meanwhile stays. */
export function agentChange(
  draft: AgentDraft,
  before: Pick<Agent, 'description' | 'labels'>,
): { change: AgentChange } | { problem: string } {
  const written = draft.labels
    .map(({ id, name, value }) => ({ id, name: name.trim(), value: value.trim() }))
    .filter(({ name, value }) => name !== '' || value !== '');
  const problem = problemOf(written);
  if (problem !== null) return { problem };
  const labels: Record<string, string | null> = {};
  for (const { name, value } of written) if (before.labels[name] !== value) labels[name] = value;
  for (const name of Object.keys(before.labels)) {
    if (!written.some((label) => label.name === name)) labels[name] = null;
  }
  const change: AgentChange = {};
  if (draft.description.trim() !== before.description) change.description = draft.description.trim();
  if (Object.keys(labels).length > 0) change.labels = labels;
  return { change };
}
