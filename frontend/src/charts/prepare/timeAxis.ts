import { scaleTime } from 'd3-scale';
import { timeDay, timeMinute, timeYear } from 'd3-time';
import { timeFormat } from 'd3-time-format';

export interface TimeTick {
  ms: number;
  label: string;
  /** The first tick of a day carries its date and is drawn stronger. */
  major: boolean;
}

const MOST_DENSE_PX = 96;

const clockSeconds = timeFormat('%H:%M:%S');
const clock = timeFormat('%H:%M');
const day = timeFormat('%-d %b');
const year = timeFormat('%Y');

function label(at: Date): { text: string; major: boolean } {
  if (timeYear(at) >= at) return { text: year(at), major: true };
  if (timeDay(at) >= at) return { text: day(at), major: true };
  if (timeMinute(at) < at) return { text: clockSeconds(at), major: false };
  return { text: clock(at), major: false };
}

/** Ticks on whole minutes, hours and days of the reader's zone, as many as fit without crowding. */
export function prepareTimeAxis(startMs: number, endMs: number, widthPx: number): TimeTick[] {
  if (!(endMs > startMs) || widthPx <= 0) return [];
  const scale = scaleTime().domain([new Date(startMs), new Date(endMs)]);
  return scale.ticks(Math.max(2, Math.floor(widthPx / MOST_DENSE_PX))).map((at) => {
    const { text, major } = label(at);
    return { ms: at.getTime(), label: text, major };
  });
}
