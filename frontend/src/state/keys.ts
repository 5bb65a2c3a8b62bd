import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { createKey, keysKey, listKeys, revokeKey } from '../services/keys';
import type { NewKey } from '../services/types';

export function useKeys() {
  return useInfiniteQuery({
    queryKey: keysKey,
    queryFn: ({ signal, pageParam }) => listKeys(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The key lives in what this gives, and nowhere else: it goes with the page that made it. */
export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (key: NewKey) => createKey(key),
    // Not kept after the page is left.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: keysKey }),
  });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => revokeKey(id),
    onSettled: () => client.invalidateQueries({ queryKey: keysKey }),
  });
}
