import type { NewPrice, Price, PriceRule } from '../../services/types';
import { parseTime } from '../../utils/range';

/** What a model's tokens may cost, by kind, as the form has them. */
export const RATES = ['input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'reasoning'] as const;
export type Rate = (typeof RATES)[number];

export interface PriceDraft {
  model: string;
  provider: string;
  /** The first day, as `2026-01-31`; empty is ever since. */
  from: string;
  rates: Record<Rate, string>;
}

export function emptyDraft(model: string, provider: string): PriceDraft {
  const rates = Object.fromEntries(RATES.map((rate) => [rate, ''])) as PriceDraft['rates'];
  return { model, provider, from: '', rates };
}

/** USD as the server takes it, exactly; what a person types as `2` or `0.15`. */
const USD = /^\d{1,7}(\.\d{1,6})?$/;

function written(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

/** The price to set, or what is wrong with what was typed. */
export function fromDraft(draft: PriceDraft, nowMs: number): { price: NewPrice } | { problem: string } {
  const model = draft.model.trim();
  const rates = RATES.map((rate): [Rate, string | null] => [rate, written(draft.rates[rate])]);
  if (model === '') return { problem: 'Write the name of the model, as agents send it.' };
  if (written(draft.rates.input) === null && written(draft.rates.output) === null) {
    return { problem: 'Write a price of input or of output.' };
  }
  if (rates.some(([, text]) => text !== null && !USD.test(text))) {
    return { problem: 'A price is a number of USD, such as 2 or 0.15.' };
  }
  const fromMs = draft.from === '' ? null : parseTime(draft.from, nowMs);
  if (draft.from !== '' && fromMs === null) return { problem: 'Write the first day as 2026-01-31.' };
  const from = fromMs === null ? null : new Date(fromMs).toISOString();
  return { price: { model, provider: written(draft.provider), from, ...Object.fromEntries(rates) } };
}

/** The rule of a price that was set here, as it is withdrawn. */
export function ruleOf(price: Price): PriceRule {
  return { provider: price.provider === '' ? null : price.provider, match: price.match };
}

/** `2 above 200,000 tokens`: tiers are told beside the first price. */
export function rateText(rate: string | null): string {
  return rate === null ? '–' : `$${rate}`;
}

export function priceNotes(price: Price): string {
  const notes: string[] = [];
  if (price.tiers.length > 0) notes.push('more for long input');
  if (price.hours !== null) notes.push('part of the day');
  if (!price.in_force) notes.push('to come');
  return notes.join(', ');
}
