import { findValues, type Frame } from '../../utils/frame';
import { previousColumn } from './panelSpecs';

/** The values of another frame at the times of this one; where it has none they are "not measured". */
function valuesAt(times: Float64Array, other: Frame, values: Float64Array): Float64Array {
  const at = new Map<number, number>();
  other.times.forEach((time, index) => at.set(time, values[index] ?? Number.NaN));
  return times.map((time) => at.get(time) ?? Number.NaN);
}

/** The frame with the columns of the time before, which lies on the same axis. What is still to come is left out. */
export function withPrevious(frame: Frame, previous: Frame, metrics: readonly string[]): Frame {
  const added = metrics.flatMap((metric) => {
    const values = findValues(previous, metric);
    const like = frame.series.find((series) => series.metric === metric);
    if (!values || !like) return [];
    return [{ ...like, metric: previousColumn(metric), values: valuesAt(frame.times, previous, values) }];
  });
  return { ...frame, series: [...frame.series, ...added] };
}

/** A frame as if it had been later. */
export function shiftFrame(frame: Frame, byMs: number): Frame {
  return { ...frame, times: frame.times.map((time) => time + byMs) };
}
