import type { RequestOrder, RequestQuestion, RequestRecord } from '../../services/requests';
import type { ParamChanges } from '../../state/urlState';

/** One request as the list shows it. Null is "not measured". */
export interface RequestRow {
  key: string;
  agent: string;
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

export const REQUEST_ORDERS: readonly { value: RequestOrder; words: string }[] = [
  { value: 'newest', words: 'Newest' },
  { value: 'slowest', words: 'Slowest' },
  { value: 'dearest', words: 'Dearest' },
];

/** Which requests are asked for, and in what order. In the address: `order=slowest` and `failed=1`. */
export type RequestChoice = Pick<RequestQuestion, 'order' | 'failed'>;

export function readRequestChoice(params: URLSearchParams): RequestChoice {
  const order = REQUEST_ORDERS.find(({ value }) => value === params.get('order'))?.value ?? 'newest';
  return { order, failed: params.get('failed') === '1' };
}

export function requestChanges({ order, failed }: RequestChoice): ParamChanges {
  return { order: order === 'newest' ? null : order, failed: failed ? '1' : null };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function errorOf(record: RequestRecord): string {
  const attributes = record.attributes;
  if (typeof attributes !== 'object' || attributes === null) return '';
  return textOf((attributes as RequestRecord)['error.type']) ?? '';
}

function toRow(record: RequestRecord, place: number): RequestRow {
  const timestamp = String(record.timestamp);
  return {
    key: `${timestamp} ${String(record.span_id)} ${place}`,
    agent: String(record.agent),
    timeMs: Date.parse(timestamp),
    latency: numberOf(record.latency_ms),
    ttft: numberOf(record.ttft_ms),
    model: textOf(record.model),
    input: numberOf(record.input_tokens),
    output: numberOf(record.output_tokens),
    cost: numberOf(record.cost_usd),
    unpriced: record.cost_source === 'unpriced',
    failed: record.status === 'error',
    error: errorOf(record),
    trace: textOf(record.trace_id),
    count: numberOf(record.request_count) ?? 1,
  };
}

export function prepareRequestRows(records: readonly RequestRecord[]): RequestRow[] {
  return records.map(toRow);
}
