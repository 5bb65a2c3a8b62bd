import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../services/http';
import { meKey } from '../services/people';

const RETRIES = 2;

/** A refusal will be the same next time; a server that is away may come back. */
export function shouldRetry(failures: number, error: Error): boolean {
  if (!(error instanceof ApiError)) return false;
  return failures < RETRIES && (error.status === 0 || error.status >= 500);
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/**
 * What failed stays failed until there is an answer. The library forgets the error when it asks again without data, and a page that
 * asks every few seconds would show now the error, now that it loads.
 */
function keepErrors(cache: QueryCache): QueryCache {
  const errors = new WeakMap<object, Error>();
  cache.subscribe((event) => {
    if (event.type !== 'updated') return;
    const { query, action } = event;
    if (action.type === 'success') errors.delete(query);
    if (action.type === 'error') {
      // Who signs in again is to find the page loading.
      if (isSignedOut(action.error)) errors.delete(query);
      else errors.set(query, action.error as Error);
    }
    const error = errors.get(query);
    if (action.type === 'fetch' && query.state.status === 'pending' && error) {
      query.setState({ status: 'error', error });
    }
  });
  return cache;
}

export function createQueryClient(): QueryClient {
  const cache = new QueryCache({
    onError: (error) => {
      // A session that ended shows the sign-in page wherever it is noticed first.
      if (isSignedOut(error)) client.setQueryData(meKey, null);
    },
  });
  const client: QueryClient = new QueryClient({
    queryCache: keepErrors(cache),
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 10_000, refetchOnWindowFocus: false },
      mutations: { retry: false },
    },
  });
  return client;
}
