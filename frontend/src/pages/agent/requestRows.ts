import type { RawRecord } from '../../services/requests';
import { compareValues, readSortText, type Sort } from '../../utils/sort';

/** One request as the list shows it. Null is "not measured". */
export interface RequestRow {
  key: string;
  timeMs: number;
  latency: number | null;
  ttft: number | null;
  model: string | null;
  input: number | null;
  output: number | null;
  cost: number | null;
  unpriced: boolean;
  failed: boolean;
  /** What kind of error it was, where the agent says so. */
  error: string;
  trace: string | null;
  /** How many requests one record stands for. */
  count: number;
}

export interface RequestColumn {
  id: string;
  title: string;
  hint: string;
  numeric: boolean;
  value: (row: RequestRow) => number | string | null;
}

function tokensOf(row: RequestRow): number | null {
  return row.input === null && row.output === null ? null : (row.input ?? 0) + (row.output ?? 0);
}

export const REQUEST_COLUMNS: readonly RequestColumn[] = [
  { id: 'time', title: 'Time', hint: 'When it was', numeric: true, value: (row) => row.timeMs },
  { id: 'latency', title: 'Latency', hint: 'How long it took', numeric: true, value: (row) => row.latency },
  {
    id: 'ttft',
    title: 'First token',
    hint: 'Time to the first token',
    numeric: true,
    value: (row) => row.ttft,
  },
  { id: 'model', title: 'Model', hint: 'By name', numeric: false, value: (row) => row.model },
  { id: 'tokens', title: 'Tokens in / out', hint: 'Both together', numeric: true, value: tokensOf },
  { id: 'cost', title: 'Cost', hint: 'What it cost', numeric: true, value: (row) => row.cost },
  { id: 'error', title: 'Error', hint: 'Failed ones', numeric: true, value: (row) => (row.failed ? 1 : 0) },
  { id: 'trace', title: 'Trace', hint: 'By trace id', numeric: false, value: (row) => row.trace },
];

export const REQUEST_SORT: Sort = { column: 'time', descending: true };

export function readRequestSort(params: URLSearchParams): Sort {
  return readSortText(
    params.get('rsort'),
    REQUEST_COLUMNS.map((column) => column.id),
    REQUEST_SORT,
  );
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function errorOf(record: RawRecord): string {
  const attributes = record.attributes;
  if (typeof attributes !== 'object' || attributes === null) return '';
  return textOf((attributes as RawRecord)['error.type']) ?? '';
}

function toRow(record: RawRecord, cost: number | null, place: number): RequestRow {
  const timestamp = String(record.timestamp);
  return {
    key: `${timestamp} ${String(record.span_id)} ${place}`,
    timeMs: Date.parse(timestamp),
    latency: numberOf(record.latency_ms),
    ttft: numberOf(record.ttft_ms),
    model: textOf(record.model),
    input: numberOf(record.input_tokens),
    output: numberOf(record.output_tokens),
    cost,
    unpriced: record.cost_source === 'unpriced',
    failed: record.status === 'error',
    error: errorOf(record),
    trace: textOf(record.trace_id),
    count: numberOf(record.request_count) ?? 1,
  };
}

/** What a correction shares with the record that it corrects. */
function identity(record: RawRecord): string {
  return [record.timestamp, record.agent_id, record.model, record.host, record.trace_id, record.span_id].join(
    '\n',
  );
}

/** Requests alone; what a later price added stands in the cost of its request. */
export function prepareRequestRows(records: readonly RawRecord[]): RequestRow[] {
  const corrections = new Map<string, number>();
  for (const record of records) {
    const cost = numberOf(record.cost_usd);
    if (record.kind !== 'correction' || cost === null) continue;
    corrections.set(identity(record), (corrections.get(identity(record)) ?? 0) + cost);
  }
  return records.flatMap((record, place) => {
    if (record.kind !== 'request') return [];
    const cost = numberOf(record.cost_usd);
    const difference = corrections.get(identity(record));
    // Records that are told apart by nothing share a correction: the first takes it, so that the sum is right.
    corrections.delete(identity(record));
    return [toRow(record, difference === undefined ? cost : (cost ?? 0) + difference, place)];
  });
}

export function sortRequestRows(rows: readonly RequestRow[], sort: Sort): RequestRow[] {
  const column = REQUEST_COLUMNS.find((candidate) => candidate.id === sort.column);
  if (!column) return [...rows];
  return [...rows].sort(
    (left, right) =>
      compareValues(column.value(left), column.value(right), sort.descending) || right.timeMs - left.timeMs,
  );
}
