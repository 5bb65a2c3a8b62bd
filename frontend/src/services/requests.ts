import type { WindowQuestion } from './changes';
import { request } from './http';
import type { RawMetrics } from './types';

/** One record as the server tells it, by column. */
export type RawRecord = Record<string, unknown>;

export interface RecordPage {
  /** The newest first. */
  records: RawRecord[];
  /** Where the next page ends; null where the window has no older records. */
  olderMs: number | null;
  /** How long a piece of time gave a good number of records. */
  sliceMs: number;
}

/** A page has at least so many records, if there are. */
const PAGE_RECORDS = 100;
/** As many as one answer may have. */
const MOST_RECORDS = 1000;
export const FIRST_SLICE_MS = 5 * 60_000;
const GROWTH = 4;
/** Of what an answer can hold, so that the next try fits. */
const FILL = 0.6;

function toRecords({ columns, rows }: RawMetrics): RawRecord[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

async function readSlice(
  agent: string,
  fromMs: number,
  toMs: number,
  signal: AbortSignal,
  cursor?: string,
): Promise<RawMetrics> {
  return request<RawMetrics>('/api/v1/metrics', {
    query: {
      agent,
      step: 'raw',
      start: new Date(fromMs).toISOString(),
      end: new Date(toMs).toISOString(),
      limit: MOST_RECORDS,
      cursor,
    },
    signal,
  });
}

function timeOf(row: readonly unknown[] | undefined, columns: readonly string[]): number {
  return Date.parse(String(row?.[columns.indexOf('timestamp')]));
}

/** How long a slice may be after one that held too much: by what it told before it was full, and at most half as long. */
export function shorterSlice(fromMs: number, toMs: number, fullMs: number): number {
  const seen = Number.isFinite(fullMs) ? Math.max(0, fullMs - fromMs) : Infinity;
  return Math.max(1, Math.floor(Math.min((toMs - fromMs) / 2, seen * FILL)));
}

/** All records of a millisecond, however many. */
async function readWhole(
  agent: string,
  fromMs: number,
  toMs: number,
  first: RawMetrics,
  signal: AbortSignal,
): Promise<RawRecord[]> {
  const records = toRecords(first);
  let cursor = first.next_cursor;
  while (cursor !== null) {
    const page = await readSlice(agent, fromMs, toMs, signal, cursor);
    records.push(...toRecords(page));
    cursor = page.next_cursor;
  }
  return records;
}

/**
 * The server tells records oldest first, people want the newest. So a window is read backwards in slices of time:
 * shorter ones where one held too many, longer ones where it held few. Each record is read in exactly one slice.
 */
export async function readNewest(
  { agent, startMs, endMs }: WindowQuestion,
  slice: number,
  signal: AbortSignal,
): Promise<RecordPage> {
  const records: RawRecord[] = [];
  let toMs = endMs;
  let sliceMs = slice;
  while (toMs > startMs && records.length < PAGE_RECORDS) {
    const fromMs = Math.max(startMs, toMs - sliceMs);
    const page = await readSlice(agent, fromMs, toMs, signal);
    if (page.next_cursor !== null && toMs - fromMs > 1) {
      sliceMs = shorterSlice(fromMs, toMs, timeOf(page.rows[page.rows.length - 1], page.columns));
      continue;
    }
    records.push(...(await readWhole(agent, fromMs, toMs, page, signal)).reverse());
    toMs = fromMs;
    if (page.rows.length < PAGE_RECORDS) sliceMs *= GROWTH;
  }
  return { records, olderMs: toMs > startMs ? toMs : null, sliceMs };
}
