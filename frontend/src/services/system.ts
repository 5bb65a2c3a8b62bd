import { request } from './http';
import type { RejectionList, System } from './types';

/** How Sentinel itself is doing. */
export function getSystem(signal: AbortSignal): Promise<System> {
  return request<System>('/api/v1/system', { signal });
}

export interface RejectionQuestion {
  /** As it is sent, or its name or id; null is every one. */
  agent: string | null;
  start: string;
  /** Kinds of refusals a page. */
  limit: number;
}

/** What was refused on the way in until now, the newest first, a page of it. */
export function listRejections(
  { agent, start, limit }: RejectionQuestion,
  cursor: string | null,
  signal: AbortSignal,
): Promise<RejectionList> {
  const query = { agent: agent ?? undefined, start, end: 'now', limit, cursor: cursor ?? undefined };
  return request<RejectionList>('/api/v1/rejections', { query, signal });
}
