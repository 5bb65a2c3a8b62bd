import { request } from './http';
import type { PreferenceChange, Preferences } from './types';

export const preferencesKey = ['preferences'] as const;

export function getPreferences(signal: AbortSignal): Promise<Preferences> {
  return request<Preferences>('/api/v1/me/preferences', { signal });
}

/** What is left out stays as it is. */
export function setPreferences(change: PreferenceChange): Promise<Preferences> {
  return request<Preferences>('/api/v1/me/preferences', { method: 'POST', body: change });
}
