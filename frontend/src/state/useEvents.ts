import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { listEvents } from '../services/agents';
import type { EventList } from '../services/types';
import type { RangeText } from '../utils/range';

const REFRESH_MS = 10_000;
const SHOWN_EVENTS = 200;

/** What happened to an agent in a range, newest first. */
export function useEvents(agent: string, range: RangeText): UseQueryResult<EventList> {
  return useQuery({
    queryKey: ['events', agent, range.start, range.end],
    queryFn: ({ signal }) => listEvents({ agent, ...range, limit: SHOWN_EVENTS }, signal),
    refetchInterval: range.end === 'now' ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
}
