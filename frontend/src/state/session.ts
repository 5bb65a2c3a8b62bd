import { useMutation, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { ApiError } from '../services/http';
import {
  getHealth,
  getMe,
  healthKey,
  meKey,
  setPassword,
  signIn,
  signOut,
  type Credentials,
  type PasswordChange,
} from '../services/people';
import type { Me } from '../services/types';
import { cancelExport } from './exportJob';

async function readMe(signal: AbortSignal): Promise<Me | null> {
  try {
    return await getMe(signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** Who is signed in; null is nobody. */
export function useMe(): UseQueryResult<Me | null> {
  return useQuery({ queryKey: meKey, queryFn: ({ signal }) => readMe(signal), staleTime: Infinity });
}

/** Whether the data is made up, before anybody has signed in. */
export function useIsDemo(): boolean {
  const health = useQuery({
    queryKey: healthKey,
    queryFn: ({ signal }) => getHealth(signal),
    staleTime: Infinity,
    retry: false,
  });
  return health.data?.demo === true;
}

export function canEdit(me: Me | null | undefined): boolean {
  return me?.role === 'editor' || me?.role === 'admin';
}

export function isAdmin(me: Me | null | undefined): boolean {
  return me?.role === 'admin';
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    onSuccess: (me) => client.setQueryData(meKey, me),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      cancelExport();
      // First nobody is signed in, so that the pages go; then what they had read goes too.
      client.setQueryData(meKey, null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== meKey[0] });
    },
  });
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: PasswordChange) => setPassword(change),
    onSuccess: () => client.setQueryData<Me | null>(meKey, (me) => (me ? { ...me, has_password: true } : me)),
  });
}
