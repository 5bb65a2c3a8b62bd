import { request } from './http';
import type { Health, Me, View } from './types';

export const meKey = ['me'] as const;
export const healthKey = ['health'] as const;
export const viewsKey = ['views'] as const;

/** For everybody, signed in or not. */
export function getHealth(signal?: AbortSignal): Promise<Health> {
  return request<Health>('/api/v1/health', signal === undefined ? {} : { signal });
}

export type Credentials = { name: string; password: string } | { link: string };

export function getMe(signal?: AbortSignal): Promise<Me> {
  return request<Me>('/api/v1/me', signal === undefined ? {} : { signal });
}

export function signIn(credentials: Credentials): Promise<Me> {
  return request<Me>('/api/v1/sign-in', { method: 'POST', body: credentials });
}

export function signOut(): Promise<void> {
  return request('/api/v1/sign-out', { method: 'POST' });
}

export interface PasswordChange {
  current?: string;
  password: string;
}

export function setPassword(change: PasswordChange): Promise<void> {
  return request('/api/v1/me/password', { method: 'POST', body: change });
}

export async function listViews(signal?: AbortSignal): Promise<View[]> {
  const list = await request<{ views: View[] }>('/api/v1/me/views', signal === undefined ? {} : { signal });
  return list.views;
}

export function saveView(view: View): Promise<View> {
  return request<View>('/api/v1/me/views', { method: 'POST', body: view });
}
