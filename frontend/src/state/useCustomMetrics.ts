import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { listCustomMetrics } from '../services/agents';
import type { RangeText } from '../utils/range';

const REFRESH_MS = 60_000;

/** Which custom metrics an agent sent in a range; of none nobody asks. */
export function useCustomMetrics(agent: string | null, range: RangeText): UseQueryResult<readonly string[]> {
  return useQuery({
    queryKey: ['custom metrics', agent, range.start, range.end],
    queryFn: ({ signal }) => listCustomMetrics({ agent: agent ?? '', ...range }, signal),
    enabled: agent !== null,
    staleTime: REFRESH_MS,
    refetchInterval: range.end === 'now' ? REFRESH_MS : false,
  });
}
