import { sameDay, sameYear, zonedFormat } from './zone';

const clockSeconds = zonedFormat('%H:%M:%S');
const clock = zonedFormat('%H:%M');
const day = zonedFormat('%-d %b');
const dayYear = zonedFormat('%-d %b %Y');
const typed = zonedFormat('%Y-%m-%d %H:%M:%S');

/** A moment in the reader's zone, with the date where it is not today's. */
export function formatMoment(ms: number, nowMs: number): string {
  const at = new Date(ms);
  const now = new Date(nowMs);
  if (sameDay(at, now)) return clockSeconds(at);
  const date = sameYear(at, now) ? day(at) : dayYear(at);
  return `${date} ${clockSeconds(at)}`;
}

/** A moment as people type it. */
export function formatTyped(ms: number): string {
  return typed(new Date(ms));
}

/** When something began, as short as it can be told: `14:00` today, `28 Oct` at midnight, else both. */
export function formatStart(ms: number, nowMs: number): string {
  const at = new Date(ms);
  if (sameDay(at, new Date(nowMs))) return clock(at);
  const date = sameYear(at, new Date(nowMs)) ? day(at) : dayYear(at);
  return clock(at) === '00:00' ? date : `${date} ${clock(at)}`;
}

/** Two moments as a short span: `21 Nov 14:00 – 15:30`. */
export function formatSpan(startMs: number, endMs: number, nowMs: number): string {
  const start = new Date(startMs);
  const end = new Date(endMs);
  const precise = endMs - startMs < 10 * 60_000 ? clockSeconds : clock;
  const startDay = sameDay(start, new Date(nowMs)) && sameDay(start, end) ? '' : `${day(start)} `;
  const endDay = sameDay(start, end) ? '' : `${day(end)} `;
  return `${startDay}${precise(start)} – ${endDay}${precise(end)}`;
}

/** The reader's zone as an offset: `UTC+2`, `UTC`, `UTC−3:30`. */
export function zoneName(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'UTC';
  const minutes = Math.abs(offsetMinutes);
  const rest = minutes % 60;
  const sign = offsetMinutes < 0 ? '+' : '−';
  return `UTC${sign}${Math.floor(minutes / 60)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}
