import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../services/http';
import { meKey } from '../services/people';

const RETRIES = 2;

/** A refusal will be the same next time; a server that is away may come back. */
export function shouldRetry(failures: number, error: Error): boolean {
  if (!(error instanceof ApiError)) return false;
  return failures < RETRIES && (error.status === 0 || error.status >= 500);
}

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        // A session that ended shows the sign-in page wherever it is noticed first.
        if (error instanceof ApiError && error.status === 401) client.setQueryData(meKey, null);
      },
    }),
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 10_000, refetchOnWindowFocus: false },
      mutations: { retry: false },
    },
  });
  return client;
}
