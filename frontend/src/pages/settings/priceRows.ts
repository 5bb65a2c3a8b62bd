import type { NewPrice, Price, PriceRule } from '../../services/types';

export interface PriceDraft {
  model: string;
  provider: string;
  input: string;
  output: string;
  cacheRead: string;
}

/** USD as the server takes it, exactly; what a person types as `2` or `0.15`. */
const USD = /^\d{1,7}(\.\d{1,6})?$/;

/** The price to set, or what is wrong with what was typed. */
export function fromDraft(draft: PriceDraft): { price: NewPrice } | { problem: string } {
  const model = draft.model.trim();
  const rate = (text: string): string | null => (text.trim() === '' ? null : text.trim());
  const [input, output, cacheRead] = [rate(draft.input), rate(draft.output), rate(draft.cacheRead)];
  if (model === '') return { problem: 'Write the name of the model, as agents send it.' };
  if (input === null && output === null) return { problem: 'Write a price of input or of output.' };
  if ([input, output, cacheRead].some((text) => text !== null && !USD.test(text))) {
    return { problem: 'A price is a number of USD, such as 2 or 0.15.' };
  }
  return { price: { model, provider: rate(draft.provider), input, output, cache_read: cacheRead } };
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
