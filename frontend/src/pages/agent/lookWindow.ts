import type { ParamChanges } from '../../state/urlState';
import { checkRange, parseTime, SHORTEST_RANGE_MS, type RangeText } from '../../utils/range';

export type LookTab = 'changes' | 'requests';

/** A part of time that is looked into. In the address: `look=START,END` and `tab=requests`. */
export interface Look {
  startMs: number;
  endMs: number;
  tab: LookTab;
}

export function readLook(params: URLSearchParams): Look | null {
  const [start, end, ...more] = (params.get('look') ?? '').split(',').map((text) => Date.parse(text));
  if (start === undefined || end === undefined || more.length > 0) return null;
  if (!(end - start >= SHORTEST_RANGE_MS)) return null;
  return { startMs: start, endMs: end, tab: params.get('tab') === 'requests' ? 'requests' : 'changes' };
}

/** Whole milliseconds: a record is in the window or not, and the next page begins where this one ended. */
export function lookChanges(span: { startMs: number; endMs: number } | null, tab: LookTab): ParamChanges {
  if (span === null) return { look: null, tab: null };
  const startMs = Math.floor(span.startMs);
  const endMs = Math.max(Math.ceil(span.endMs), startMs + SHORTEST_RANGE_MS);
  const look = `${new Date(startMs).toISOString()},${new Date(endMs).toISOString()}`;
  return { look, tab: tab === 'changes' ? null : tab };
}

/** A typed window, or null where it is none. */
export function typedLook(typed: RangeText, nowMs: number): { startMs: number; endMs: number } | null {
  if (checkRange(typed, nowMs) !== null) return null;
  const startMs = parseTime(typed.start, nowMs);
  const endMs = parseTime(typed.end, nowMs);
  return startMs === null || endMs === null ? null : { startMs, endMs };
}
