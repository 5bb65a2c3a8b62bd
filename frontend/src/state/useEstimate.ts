import { useQuery } from '@tanstack/react-query';
import { estimateRows, type ExportQuestion } from '../services/exports';
import { useLiveConnection } from './live';

const FRESH_MS = 30_000;

/** About how many records an export would have; its format makes no difference. */
export function useEstimate({ agents, start, end }: ExportQuestion) {
  const connection = useLiveConnection();
  return useQuery({
    queryKey: ['estimate', agents, start, end],
    queryFn: ({ signal }) =>
      connection.ask(estimateRows({ agents, columns: [], start, end, format: 'ndjson' }, signal), signal),
    staleTime: end === 'now' ? FRESH_MS : Infinity,
  });
}
