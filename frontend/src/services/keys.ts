import { request } from './http';
import type { CreatedKey, Key, KeyList, NewKey } from './types';

export const keysKey = ['keys'] as const;

/** Keys of programs, the newest first, a page of them. */
export function listKeys(cursor: string | null, signal: AbortSignal): Promise<KeyList> {
  return request<KeyList>('/api/v1/keys', { query: { cursor: cursor ?? undefined }, signal });
}

/** The answer has the key itself, this once. */
export function createKey(key: NewKey): Promise<CreatedKey> {
  return request<CreatedKey>('/api/v1/keys', { method: 'POST', body: key });
}

export function revokeKey(id: string): Promise<Key> {
  return request<Key>(`/api/v1/keys/${encodeURIComponent(id)}/revoke`, { method: 'POST' });
}
