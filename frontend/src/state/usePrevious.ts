import { useQuery } from '@tanstack/react-query';
import { getFrame, type FrameRequest } from '../services/metrics';
import type { Frame } from '../utils/frame';
import type { TimeWindow } from '../utils/range';
import { useLiveConnection } from './live';

export interface PreviousSpan {
  /** How much earlier it lies; whole buckets, so that each stands exactly behind one. */
  shiftMs: number;
  startMs: number;
  endMs: number;
}

/** A live range moves on: what is asked for changes only each so many parts of it. */
const PARTS = 10;

/** The time before a window, as long, cut so that it stays one question for a while. */
export function previousSpan({ startMs, endMs }: TimeWindow, stepMs: number): PreviousSpan {
  const spanMs = endMs - startMs;
  const shiftMs = Math.ceil(spanMs / stepMs) * stepMs;
  const grain = Math.max(1, Math.floor(spanMs / PARTS / stepMs)) * stepMs;
  return {
    shiftMs,
    startMs: Math.floor((startMs - shiftMs) / grain) * grain,
    endMs: Math.ceil((endMs - shiftMs) / grain) * grain,
  };
}

type Question = Omit<FrameRequest, 'start' | 'end'>;

/** The frame of the time before, at its own times; undefined while it is not wanted or not there yet. */
export function usePrevious(
  question: Question,
  window: TimeWindow,
  wanted: boolean,
): { frame: Frame | undefined; shiftMs: number } {
  const connection = useLiveConnection();
  const { shiftMs, startMs, endMs } = previousSpan(window, question.stepMs);
  const { data } = useQuery({
    queryKey: ['previous', { ...question, startMs, endMs }] as const,
    queryFn: ({ signal }) => {
      const range = { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
      return connection.ask(getFrame({ ...question, ...range }, signal), signal);
    },
    enabled: wanted,
    staleTime: Infinity,
    placeholderData: (previous, query) => {
      const before = query?.queryKey[1];
      const same = before?.stepMs === question.stepMs && before.agents.join() === question.agents.join();
      return same ? previous : undefined;
    },
  });
  return { frame: wanted ? data : undefined, shiftMs };
}
