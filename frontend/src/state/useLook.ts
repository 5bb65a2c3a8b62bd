import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getChanges, type WindowQuestion } from '../services/changes';
import { listRequests, type RequestQuestion } from '../services/requests';
import { useLiveConnection } from './live';

/** What moved in a window of the past. */
export function useChanges(question: WindowQuestion) {
  const connection = useLiveConnection();
  return useQuery({
    queryKey: ['changes', question],
    queryFn: ({ signal }) => connection.ask(getChanges(question, signal), signal),
    staleTime: 60_000,
  });
}

/** The requests of a window in the order that is asked for, page by page. */
export function useRequests(question: RequestQuestion) {
  const connection = useLiveConnection();
  return useInfiniteQuery({
    queryKey: ['requests', question],
    queryFn: ({ signal, pageParam }) => connection.ask(listRequests(question, pageParam, signal), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 60_000,
  });
}
