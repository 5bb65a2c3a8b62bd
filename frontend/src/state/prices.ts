import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { listPrices, pricesKey, setPrice, withdrawPrice, type PriceQuestion } from '../services/prices';
import type { NewPrice, PriceRule } from '../services/types';

export function usePrices(question: PriceQuestion) {
  return useInfiniteQuery({
    queryKey: [...pricesKey, question],
    queryFn: ({ signal, pageParam }) => listPrices(question, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // While somebody types, the rows before stay in sight.
    placeholderData: keepPreviousData,
  });
}

export function useSetPrice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (price: NewPrice) => setPrice(price),
    onSuccess: () => client.invalidateQueries({ queryKey: pricesKey }),
  });
}

export function useWithdrawPrice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (rule: PriceRule) => withdrawPrice(rule),
    onSuccess: () => client.invalidateQueries({ queryKey: pricesKey }),
  });
}
