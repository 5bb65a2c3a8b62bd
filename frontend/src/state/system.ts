import { keepPreviousData, useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getSystem, listRejections, type RejectionQuestion } from '../services/system';
import type { RejectionList, System } from '../services/types';
import { learnServerTime } from './clock';
import { useLiveConnection } from './live';

const SYSTEM_REFRESH_MS = 5000;
const REJECTIONS_REFRESH_MS = 30_000;

/** How Sentinel itself is doing, as current as five seconds. */
export function useSystem(): UseQueryResult<System> {
  const connection = useLiveConnection();
  return useQuery({
    queryKey: ['system'],
    queryFn: async ({ signal }) => {
      const system = await connection.ask(getSystem(signal), signal);
      learnServerTime(system.server_time);
      return system;
    },
    refetchInterval: SYSTEM_REFRESH_MS,
  });
}

/** What was refused, by page. */
export function useRejections(question: RejectionQuestion) {
  return useInfiniteQuery({
    queryKey: ['rejections', question],
    queryFn: ({ signal, pageParam }) => listRejections(question, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: REJECTIONS_REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

const DAY = 'now-24h';
/** As many as the contract gives at once. */
const MOST_KINDS = 1000;

/** What was refused in the last day, of one agent or of all, in one page. */
export function useRefusedToday(agent: string | null): UseQueryResult<RejectionList> {
  const question = { agent, start: DAY, limit: MOST_KINDS };
  return useQuery({
    queryKey: ['rejections', 'day', question],
    queryFn: ({ signal }) => listRejections(question, null, signal),
    refetchInterval: REJECTIONS_REFRESH_MS,
  });
}
