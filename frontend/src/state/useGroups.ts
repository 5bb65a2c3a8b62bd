import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getGroups, type GroupedFrame, type GroupsRequest } from '../services/metrics';
import { useLiveConnection } from './live';

const REFRESH_MS = 30_000;

/** Sums by group over a range, as current as half a minute. */
export function useGroups(question: GroupsRequest): UseQueryResult<GroupedFrame> {
  const connection = useLiveConnection();
  const live = question.end === 'now';
  return useQuery({
    queryKey: ['groups', question],
    queryFn: ({ signal }) => connection.ask(getGroups(question, signal), signal),
    staleTime: live ? REFRESH_MS : Infinity,
    refetchInterval: live ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
}
