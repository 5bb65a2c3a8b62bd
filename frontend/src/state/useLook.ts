import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getChanges, type WindowQuestion } from '../services/changes';
import { FIRST_SLICE_MS, readNewest } from '../services/requests';
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

/** The records of a window, page by page from its end. */
export function useRecords(question: WindowQuestion) {
  const connection = useLiveConnection();
  return useInfiniteQuery({
    queryKey: ['records', question],
    queryFn: ({ signal, pageParam }) =>
      connection.ask(readNewest({ ...question, endMs: pageParam.endMs }, pageParam.sliceMs, signal), signal),
    initialPageParam: { endMs: question.endMs, sliceMs: FIRST_SLICE_MS },
    getNextPageParam: (page) =>
      page.olderMs === null ? null : { endMs: page.olderMs, sliceMs: page.sliceMs },
    staleTime: 60_000,
  });
}
