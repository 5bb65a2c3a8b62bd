import { scaleTime, scaleUtc } from 'd3-scale';
import { timeDay, timeMinute, timeYear, utcDay, utcMinute, utcYear } from 'd3-time';
import { isUtc, zonedFormat } from '../../utils/zone';

export interface TimeTick {
  ms: number;
  label: string;
  /** The first tick of a day carries its date and is drawn stronger. */
  major: boolean;
}

const MOST_DENSE_PX = 96;

const clockSeconds = zonedFormat('%H:%M:%S');
const clock = zonedFormat('%H:%M');
const day = zonedFormat('%-d %b');
const year = zonedFormat('%Y');

function label(at: Date): { text: string; major: boolean } {
  const [yearOf, dayOf, minuteOf] = isUtc() ? [utcYear, utcDay, utcMinute] : [timeYear, timeDay, timeMinute];
  if (yearOf(at) >= at) return { text: year(at), major: true };
  if (dayOf(at) >= at) return { text: day(at), major: true };
  if (minuteOf(at) < at) return { text: clockSeconds(at), major: false };
  return { text: clock(at), major: false };
}

/** Ticks on whole minutes, hours and days of the reader's zone, as many as fit without crowding. */
export function prepareTimeAxis(startMs: number, endMs: number, widthPx: number): TimeTick[] {
  if (!(endMs > startMs) || widthPx <= 0) return [];
  const scale = (isUtc() ? scaleUtc() : scaleTime()).domain([new Date(startMs), new Date(endMs)]);
  return scale.ticks(Math.max(2, Math.floor(widthPx / MOST_DENSE_PX))).map((at) => {
    const { text, major } = label(at);
    return { ms: at.getTime(), label: text, major };
  });
}
