import { isUtc } from './zone';

/** A time range: `now-6h`, `now-1d/d`, or a time; `settleRange` makes of it what the server reads. */
export interface RangeText {
  start: string;
  end: string;
}

/** A range at one moment. `live` means that its end follows the clock. */
export interface TimeWindow {
  startMs: number;
  endMs: number;
  live: boolean;
}

export interface RangePreset {
  start: string;
  label: string;
  words: string;
}

export const DEFAULT_RANGE: RangeText = { start: 'now-1h', end: 'now' };
/** What is spent is looked at by the month. */
export const COSTS_RANGE: RangeText = { start: 'now-30d', end: 'now' };

export function sameRange(left: RangeText, right: RangeText): boolean {
  return left.start === right.start && left.end === right.end;
}

export const RANGE_PRESETS: readonly RangePreset[] = [
  { start: 'now-5m', label: '5m', words: 'Last 5 minutes' },
  { start: 'now-15m', label: '15m', words: 'Last 15 minutes' },
  { start: 'now-1h', label: '1h', words: 'Last hour' },
  { start: 'now-6h', label: '6h', words: 'Last 6 hours' },
  { start: 'now-24h', label: '24h', words: 'Last 24 hours' },
  { start: 'now-7d', label: '7d', words: 'Last 7 days' },
  { start: 'now-30d', label: '30d', words: 'Last 30 days' },
];

const DAY_MS = 86_400_000;
/** Ten years: longer than any retention of sums. */
export const LONGEST_RANGE_MS = 3660 * DAY_MS;
export const SHORTEST_RANGE_MS = 1000;

const UNIT_MS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** 1970 began on a Thursday: weeks begin on Monday, four days later. */
const WEEK_OFFSET_MS = 4 * 86_400_000;

const RELATIVE = /^now(?:([+-])(\d{1,6})([smhdw]))?(?:\/([smhdw]))?$/;
const ABSOLUTE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const DATE_LENGTH = 'YYYY-MM-DD'.length;

function floorTo(ms: number, unit: string): number {
  const size = UNIT_MS[unit] ?? 1;
  const offset = unit === 'w' ? WEEK_OFFSET_MS : 0;
  return Math.floor((ms - offset) / size) * size + offset;
}

/** Milliseconds since 1970, or null where the text is no time. */
export function parseTime(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  const relative = RELATIVE.exec(trimmed);
  if (relative) {
    const [, sign, count, unit, floor] = relative;
    const amount = unit === undefined ? 0 : Number(count) * (UNIT_MS[unit] ?? 0);
    const moved = sign === '-' ? nowMs - amount : nowMs + amount;
    return floor === undefined ? moved : floorTo(moved, floor);
  }
  if (!ABSOLUTE.test(trimmed)) return null;
  // JavaScript takes a date alone for midnight in UTC; the axis and the reader's day begin at the local one.
  const whole = trimmed.length === DATE_LENGTH ? `${trimmed}T00:00` : trimmed.replace(' ', 'T');
  const unzoned = /T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(whole);
  const ms = Date.parse(unzoned && isUtc() ? `${whole}Z` : whole);
  return Number.isFinite(ms) ? ms : null;
}

export type RangeProblem = { field: 'start' | 'end'; message: string };

/** Why a range cannot be shown, in a sentence; null where it can. */
export function checkRange(range: RangeText, nowMs: number): RangeProblem | null {
  const start = parseTime(range.start, nowMs);
  const end = parseTime(range.end, nowMs);
  const example = 'Write a time such as now-6h, now-1d/d or 2025-11-30 14:00.';
  if (start === null) return { field: 'start', message: example };
  if (end === null) return { field: 'end', message: example };
  if (end - start < SHORTEST_RANGE_MS) return { field: 'end', message: 'The end must be after the start.' };
  if (end - start > LONGEST_RANGE_MS)
    return { field: 'start', message: 'A range may be at most ten years long.' };
  return null;
}

function settleTime(text: string, nowMs: number): string {
  const trimmed = text.trim();
  const ms = RELATIVE.test(trimmed) ? null : parseTime(trimmed, nowMs);
  return ms === null ? trimmed : new Date(ms).toISOString();
}

/** The same range as the server reads it, or null where it cannot be shown: the server wants seconds and a zone. */
export function settleRange(range: RangeText, nowMs: number): RangeText | null {
  if (checkRange(range, nowMs) !== null) return null;
  return { start: settleTime(range.start, nowMs), end: settleTime(range.end, nowMs) };
}

/** The range at this moment; an unreadable one falls back to the default, so a broken link still opens. */
export function resolveRange(range: RangeText, nowMs: number): TimeWindow {
  const usable = checkRange(range, nowMs) === null ? range : DEFAULT_RANGE;
  return {
    startMs: parseTime(usable.start, nowMs) ?? nowMs,
    endMs: parseTime(usable.end, nowMs) ?? nowMs,
    live: usable.end.trim() === 'now',
  };
}

/** Absolute times as the page writes them into the URL. */
export function absoluteRange(startMs: number, endMs: number): RangeText {
  return {
    start: new Date(Math.round(startMs)).toISOString(),
    end: new Date(Math.round(endMs)).toISOString(),
  };
}

/** The same width, half a width earlier (-1) or later (+1); going past now becomes live again. */
export function shiftRange(window: TimeWindow, direction: -1 | 1, nowMs: number): RangeText {
  const span = window.endMs - window.startMs;
  const move = (direction * span) / 2;
  if (window.endMs + move >= nowMs) return { start: relativeStart(span), end: 'now' };
  return absoluteRange(window.startMs + move, window.endMs + move);
}

/** Twice the width around the same middle, never past now. */
export function zoomOutRange(window: TimeWindow, nowMs: number): RangeText {
  const span = Math.min((window.endMs - window.startMs) * 2, LONGEST_RANGE_MS);
  if (window.live || window.endMs + span / 4 >= nowMs) return { start: relativeStart(span), end: 'now' };
  return absoluteRange(window.startMs - span / 4, window.startMs - span / 4 + span);
}

/** A count of at most six digits: over a day seconds tell nobody anything, over a year minutes do not. */
function roundedSeconds(spanMs: number): number {
  const grain = spanMs > 365 * DAY_MS ? 3600 : spanMs > DAY_MS ? 60 : 1;
  return Math.max(1, Math.round(spanMs / 1000 / grain) * grain);
}

/** `now-90m`: the largest unit that gives a whole number. */
export function relativeStart(spanMs: number): string {
  const seconds = roundedSeconds(spanMs);
  for (const unit of ['d', 'h', 'm'] as const) {
    const size = (UNIT_MS[unit] ?? 1) / 1000;
    if (seconds >= size && seconds % size === 0) return `now-${seconds / size}${unit}`;
  }
  return `now-${seconds}s`;
}
