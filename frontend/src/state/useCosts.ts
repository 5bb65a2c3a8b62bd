import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getCosts, getMonth, getYesterday, type CostAnswer, type CostQuestion } from '../services/costs';
import type { Costs } from '../services/types';
import { findValues, sumValues } from '../utils/frame';
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

/** The month moves slowly, and is read beside what is on screen. */
const MONTH_REFRESH_MS = 60_000;

export interface MoneyBeside {
  month: Costs['month'] | null;
  /** Yesterday's cost by this time of the day; null while it is not known. */
  yesterday: number | null;
  /** Whether yesterday was neither answered nor refused yet. */
  awaitsYesterday: boolean;
}

/** What the fleet's sentence compares today with. Missing, the sentence is shorter. */
export function useMoneyBeside(): MoneyBeside {
  const month = useQuery({
    queryKey: ['month'],
    queryFn: ({ signal }) => getMonth(signal),
    staleTime: MONTH_REFRESH_MS,
    refetchInterval: MONTH_REFRESH_MS,
  });
  const yesterday = useQuery({
    queryKey: ['yesterday'],
    queryFn: ({ signal }) => getYesterday(signal),
    staleTime: MONTH_REFRESH_MS,
    refetchInterval: MONTH_REFRESH_MS,
    select: (frame) => sumValues(findValues(frame, 'cost_usd:sum')),
  });
  return {
    month: month.data ?? null,
    yesterday: yesterday.data ?? null,
    awaitsYesterday: yesterday.isPending,
  };
}
