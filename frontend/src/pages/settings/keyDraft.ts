import type { NewKey } from '../../services/types';
import { parseTime } from '../../utils/range';

export type Scope = NewKey['scope'];

/** A key as it stands in the form: text, until it is made. */
export interface KeyDraft {
  name: string;
  scope: Scope;
  agents: readonly string[];
  /** Records a second. */
  rate: string;
  /** The last day it is good for, as `2026-12-31`. */
  lastDay: string;
}

export const EMPTY_KEY: KeyDraft = { name: '', scope: 'ingest', agents: [], rate: '', lastDay: '' };

const DAY_MS = 86_400_000;
const GREATEST_RATE = 1_000_000;

function rateOf(text: string): number | null | undefined {
  const rate = Number(text.trim());
  if (text.trim() === '') return null;
  return Number.isInteger(rate) && rate >= 0 && rate <= GREATEST_RATE ? rate : undefined;
}

/** The key to make, or what is wrong with what was typed. What only writing keys have is left out of others. */
export function keyFromDraft(draft: KeyDraft, nowMs: number): { key: NewKey } | { problem: string } {
  const { scope, agents, lastDay } = draft;
  const rate = rateOf(draft.rate);
  if (rate === undefined) return { problem: 'A rate is a whole number of records a second, up to 1000000.' };
  const dayMs = lastDay === '' ? null : parseTime(lastDay, nowMs);
  const endMs = dayMs === null ? null : dayMs + DAY_MS;
  if (lastDay !== '' && endMs === null) return { problem: 'Write the last day as 2026-12-31.' };
  if (endMs !== null && endMs <= nowMs) return { problem: 'That day is over: the key would be too.' };
  const key: NewKey = { name: draft.name.trim(), scope };
  if (scope === 'ingest' && agents.length > 0) key.agents = [...agents];
  if (scope === 'ingest' && rate !== null) key.records_per_second = rate;
  if (endMs !== null) key.expires_at = new Date(endMs).toISOString();
  return { key };
}
