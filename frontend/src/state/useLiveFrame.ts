import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { getFrame, type FrameRequest } from '../services/metrics';
import { mergeFrames, type Frame } from '../utils/frame';
import { resolveRange } from '../utils/range';
import { serverNow } from './clock';
import { useLiveConnection, useLiveEvents } from './live';
import type { LiveEvent } from './liveConnection';
import { createTailScheduler, type TailScheduler } from './tailScheduler';

export interface LiveFrameRequest extends FrameRequest {
  /** Ids whose records matter; null is every agent. */
  watch: readonly string[] | null;
  /** False asks nothing. */
  enabled?: boolean;
}

const FASTEST_MS = 1000;
const SLOWEST_MS = 30_000;

/** A bucket of an hour need not be drawn anew every second. */
export function tailGap(stepMs: number): number {
  return Math.min(SLOWEST_MS, Math.max(FASTEST_MS, stepMs / 60));
}

/** The start of the bucket before the one that holds `sinceMs`, inside the range. */
export function tailStart(sinceMs: number, stepMs: number, rangeStartMs: number): number {
  const bucket = Math.floor(Math.max(sinceMs, rangeStartMs) / stepMs) * stepMs;
  return bucket - stepMs;
}

/** Only what the server is asked, in one text: the same question has the same key. */
function keyOf({ agents, metrics, start, end, stepMs, groupBy }: FrameRequest): string {
  return JSON.stringify({ agents, metrics, start, end, stepMs, groupBy });
}

function sameAgents(keyText: string, request: FrameRequest): boolean {
  const before = JSON.parse(keyText) as FrameRequest;
  return before.groupBy === request.groupBy && before.agents.join('\n') === request.agents.join('\n');
}

/** While a range is live: fetches what was committed as a tail of a few buckets and merges it. */
function useTail(keyText: string, live: boolean, watch: readonly string[] | null): void {
  const client = useQueryClient();
  const connection = useLiveConnection();
  const scheduler = useRef<TailScheduler | null>(null);
  const wantsWhole = useRef(false);

  useEffect(() => {
    if (!live) return undefined;
    const base = JSON.parse(keyText) as FrameRequest;
    const fetchTail = async (sinceMs: number): Promise<void> => {
      const { startMs } = resolveRange(base, serverNow());
      const start = new Date(tailStart(sinceMs, base.stepMs, startMs)).toISOString();
      const tail = await connection.ask(getFrame({ ...base, start }));
      client.setQueryData<Frame>(['metrics', keyText], (frame) =>
        frame ? mergeFrames(frame, tail, startMs - base.stepMs) : frame,
      );
    };
    const current = createTailScheduler(fetchTail, tailGap(base.stepMs));
    scheduler.current = current;
    return () => {
      current.stop();
      scheduler.current = null;
    };
  }, [client, connection, keyText, live]);

  useLiveEvents((event: LiveEvent) => {
    if (event.type === 'resync') wantsWhole.current ||= event.whole;
    if (event.type !== 'agents' && wantsWhole.current) {
      // Charts that ask at the same moment share one fetch; what failed is asked for with the next event.
      client
        .invalidateQueries({ queryKey: ['metrics'] }, { throwOnError: true, cancelRefetch: false })
        .then(() => (wantsWhole.current = false))
        .catch(() => undefined);
    }
    if (event.type === 'resync') {
      if (!wantsWhole.current) scheduler.current?.request(event.sinceMs);
    } else if (
      event.type === 'committed' &&
      (watch === null || event.agents.some((id) => watch.includes(id)))
    ) {
      scheduler.current?.request(event.startMs);
    }
  });
}

/** Buckets of a range, kept current while its end is `now`. */
export function useLiveFrame(request: LiveFrameRequest): UseQueryResult<Frame> {
  const keyText = keyOf(request);
  const { live } = resolveRange(request, serverNow());
  const connection = useLiveConnection();
  const { enabled = true } = request;
  useTail(keyText, live && enabled, request.watch);
  return useQuery({
    enabled,
    queryKey: ['metrics', keyText] as const,
    queryFn: ({ signal }) => connection.ask(getFrame(request, signal), signal),
    // The tail keeps a live range current; what is past does not change under the reader.
    staleTime: live ? 30_000 : Infinity,
    gcTime: 120_000,
    // While another range loads the old one stays, but never another agent's.
    placeholderData: (previous, query) =>
      query !== undefined && sameAgents(query.queryKey[1], request) ? previous : undefined,
  });
}
