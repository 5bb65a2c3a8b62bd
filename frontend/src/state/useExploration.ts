import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getExploration, type ExploreAnswer, type ExploreQuestion } from '../services/explore';
import { useLiveConnection } from './live';

const FASTEST_MS = 5000;
const SLOWEST_MS = 30_000;

/** A bucket of an hour need not be read anew every few seconds. */
export function exploreRefresh({ end, stepMs }: ExploreQuestion): number | false {
  return end === 'now' && Math.min(SLOWEST_MS, Math.max(FASTEST_MS, stepMs));
}

/** Any metrics by group, as current as a few seconds. */
export function useExploration(question: ExploreQuestion, wanted: boolean): UseQueryResult<ExploreAnswer> {
  const connection = useLiveConnection();
  const refresh = exploreRefresh(question);
  return useQuery({
    queryKey: ['explore', question],
    queryFn: ({ signal }) => connection.ask(getExploration(question, signal), signal),
    staleTime: refresh === false ? Infinity : refresh,
    refetchInterval: refresh,
    placeholderData: keepPreviousData,
    enabled: wanted,
  });
}
