import type { Frame } from '../../utils/frame';
import type { TimeWindow } from '../../utils/range';

/** A time in which an agent said nothing at all. */
export interface Silence {
  startMs: number;
  endMs: number;
}

export interface SilenceContext {
  window: TimeWindow;
  nowMs: number;
  /** The agent's own interval: missing one sample is no silence. */
  intervalMs: number;
  /** Before an agent existed it was not silent. */
  createdMs: number;
}

/** Two values further apart than this are not joined: between them nothing was measured. */
export function joinTolerance(stepMs: number, intervalMs: number): number {
  return Math.max(2.5 * stepMs, 3 * intervalMs);
}

function heardTimes(frame: Frame): number[] {
  const times: number[] = [];
  frame.times.forEach((time, index) => {
    if (frame.series.some((series) => !Number.isNaN(series.values[index] ?? Number.NaN))) times.push(time);
  });
  return times;
}

/** Where a frame holds no value of any metric for longer than the agent's interval explains. */
export function prepareSilences(frame: Frame, context: SilenceContext): Silence[] {
  const { window, nowMs, intervalMs, createdMs } = context;
  const tolerance = joinTolerance(frame.stepMs, intervalMs);
  const from = Math.max(window.startMs, createdMs);
  const until = Math.min(window.endMs, nowMs);
  const silences: Silence[] = [];
  let previousEnd = from;
  for (const time of heardTimes(frame)) {
    if (time - previousEnd > tolerance) silences.push({ startMs: previousEnd, endMs: Math.min(time, until) });
    previousEnd = Math.max(previousEnd, time + frame.stepMs);
  }
  if (until - previousEnd > tolerance) silences.push({ startMs: previousEnd, endMs: until });
  return silences;
}
