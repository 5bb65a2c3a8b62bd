import { request } from './http';
import type { NewPrice, Price, PriceList, PriceRule } from './types';

export const pricesKey = ['prices'] as const;

export interface PriceQuestion {
  /** A part of the model's name; empty is all. */
  model: string;
  /** Only those that were set here. */
  own: boolean;
}

/** What models cost, those that were set here first, a page of them. */
export function listPrices(
  { model, own }: PriceQuestion,
  cursor: string | null,
  signal: AbortSignal,
): Promise<PriceList> {
  const query = {
    model: model === '' ? undefined : model,
    source: own ? 'user' : undefined,
    cursor: cursor ?? undefined,
  };
  return request<PriceList>('/api/v1/prices', { query, signal });
}

export function setPrice(price: NewPrice): Promise<Price> {
  return request<Price>('/api/v1/prices', { method: 'POST', body: price });
}

/** Ends all prices that were set here for a rule; bundled ones hold again. */
export function withdrawPrice(rule: PriceRule): Promise<void> {
  return request('/api/v1/prices/withdraw', { method: 'POST', body: rule });
}
