import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getCosts, type CostAnswer, type CostQuestion } from '../services/costs';
import { useLiveConnection } from './live';

/** Costs are looked at by the day: half a minute is live enough, and what is past is asked for once. */
const REFRESH_MS = 30_000;

export function useCosts(question: CostQuestion): UseQueryResult<CostAnswer> {
  const connection = useLiveConnection();
  const live = question.end === 'now';
  return useQuery({
    queryKey: ['costs', question],
    queryFn: ({ signal }) => connection.ask(getCosts(question, signal), signal),
    staleTime: live ? REFRESH_MS : Infinity,
    refetchInterval: live ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
}
