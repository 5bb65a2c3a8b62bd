import type { WindowQuestion } from './changes';
import { request } from './http';
import type { RawMetrics } from './types';

/** One request as the server tells it, by column. */
export type RequestRecord = Record<string, unknown>;

export type RequestOrder = 'newest' | 'slowest' | 'dearest';

export interface RequestQuestion extends WindowQuestion {
  order: RequestOrder;
  /** Only those that failed. */
  failed: boolean;
}

export interface RequestPage {
  /** In the asked order. */
  records: RequestRecord[];
  /** Of the next page; null where there is none. */
  nextCursor: string | null;
}

const PAGE_RECORDS = 100;

/** The requests of a window, a page of them. */
export async function listRequests(
  { agents, startMs, endMs, order, failed }: RequestQuestion,
  cursor: string | null,
  signal: AbortSignal,
): Promise<RequestPage> {
  const answer = await request<RawMetrics>('/api/v1/requests', {
    query: {
      agent: agents,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
      order,
      status: failed ? 'error' : undefined,
      limit: PAGE_RECORDS,
      cursor: cursor ?? undefined,
    },
    signal,
  });
  const { columns, rows } = answer;
  return {
    records: rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
    nextCursor: answer.next_cursor,
  };
}
