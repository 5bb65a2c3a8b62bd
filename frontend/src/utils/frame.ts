import type { Unit } from './format';

/** One metric of one agent (or of all): a value a bucket, NaN where nothing was measured. */
export interface FrameSeries {
  agentId: string | null;
  agent: string | null;
  metric: string;
  unit: Unit;
  values: Float64Array;
}

/** Columns over one row of bucket starts. Never changed in place: a merge gives a new frame. */
export interface Frame {
  stepMs: number;
  times: Float64Array;
  series: FrameSeries[];
}

export const EMPTY_FRAME: Frame = { stepMs: 1000, times: new Float64Array(0), series: [] };

export function seriesKey(series: Pick<FrameSeries, 'agentId' | 'metric'>): string {
  return `${series.agentId ?? '*'}\n${series.metric}`;
}

/** The values of one metric, or null where the frame does not hold it. */
export function findValues(frame: Frame, metric: string, agentId?: string): Float64Array | null {
  const found = frame.series.find(
    (series) => series.metric === metric && (agentId === undefined || series.agentId === agentId),
  );
  return found?.values ?? null;
}

function unionTimes(left: Float64Array, right: Float64Array, fromMs: number): Float64Array {
  const times = new Set<number>();
  for (const time of left) if (time >= fromMs) times.add(time);
  for (const time of right) if (time >= fromMs) times.add(time);
  return Float64Array.from(times).sort();
}

function overlay(
  target: Float64Array,
  at: Map<number, number>,
  times: Float64Array,
  values: Float64Array,
): void {
  times.forEach((time, index) => {
    const position = at.get(time);
    if (position !== undefined) target[position] = values[index] ?? Number.NaN;
  });
}

function sameValues(left: Float64Array, right: Float64Array): boolean {
  return left.length === right.length && left.every((value, index) => Object.is(value, right[index]));
}

/** What did not change stays the very same, so that nothing is prepared and drawn anew for it. */
function keepUnchanged(before: Frame, after: Frame): Frame {
  if (!sameValues(before.times, after.times)) return after;
  const known = new Map(before.series.map((series) => [seriesKey(series), series]));
  const series = after.series.map((merged) => {
    const own = known.get(seriesKey(merged));
    return own && sameValues(own.values, merged.values) ? own : merged;
  });
  return { ...after, times: before.times, series };
}

/**
 * Lays a newer tail over a frame and drops what is older than `fromMs`. A series that the tail does not hold keeps its
 * values; one that it holds takes all of the tail's, also where they are "not measured" now.
 */
export function mergeFrames(frame: Frame, tail: Frame, fromMs: number): Frame {
  const times = unionTimes(frame.times, tail.times, fromMs);
  const at = new Map<number, number>();
  times.forEach((time, index) => at.set(time, index));

  const merged = new Map<string, FrameSeries>();
  for (const source of [frame, tail]) {
    for (const series of source.series) {
      const key = seriesKey(series);
      const values = merged.get(key)?.values ?? new Float64Array(times.length).fill(Number.NaN);
      overlay(values, at, source.times, series.values);
      merged.set(key, { ...series, values });
    }
  }
  return keepUnchanged(frame, { stepMs: frame.stepMs, times, series: [...merged.values()] });
}

/** The newest measured value and its index, or null. `skipLast` leaves out the open bucket. */
export function newestValue(values: Float64Array, skipLast = 0): { value: number; index: number } | null {
  for (let index = values.length - 1 - skipLast; index >= 0; index -= 1) {
    const value = values[index];
    if (value !== undefined && !Number.isNaN(value)) return { value, index };
  }
  return null;
}

/** The newest value of a metric as long as its bucket began at most `toleranceMs` ago: an older one is not current. */
export function currentValue(
  frame: Frame,
  metric: string,
  nowMs: number,
  toleranceMs: number,
): number | null {
  const newest = newestValue(findValues(frame, metric) ?? new Float64Array(0));
  if (newest === null || nowMs - (frame.times[newest.index] ?? -Infinity) > toleranceMs) return null;
  return newest.value;
}

/** The sum of a column; null where nothing was measured. */
export function sumValues(values: Float64Array | null | undefined): number | null {
  let sum: number | null = null;
  for (const value of values ?? []) if (!Number.isNaN(value)) sum = (sum ?? 0) + value;
  return sum;
}

/** Adds columns bucket by bucket; a bucket is "not measured" only where every column is. */
export function sumColumns(columns: Float64Array[], length: number): Float64Array {
  const sums = new Float64Array(length).fill(Number.NaN);
  for (const column of columns) {
    for (let index = 0; index < length; index += 1) {
      const value = column[index];
      if (value === undefined || Number.isNaN(value)) continue;
      const sum = sums[index] ?? Number.NaN;
      sums[index] = Number.isNaN(sum) ? value : sum + value;
    }
  }
  return sums;
}

/** The mean over the columns that measured the bucket. */
export function meanColumns(columns: Float64Array[], length: number): Float64Array {
  const sums = sumColumns(columns, length);
  for (let index = 0; index < length; index += 1) {
    const count = columns.filter((column) => !Number.isNaN(column[index] ?? Number.NaN)).length;
    if (count > 0) sums[index] = (sums[index] ?? 0) / count;
  }
  return sums;
}
