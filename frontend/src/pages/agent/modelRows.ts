import type { GroupedFrame } from '../../services/metrics';
import { sumValues } from '../../utils/frame';

/** What an agent used one model for. Null is "not measured". */
export interface ModelRow {
  key: string;
  name: string;
  requests: number;
  /** Percent of all requests. */
  share: number | null;
  failed: number | null;
  latency: number | null;
  tokens: number | null;
  cost: number | null;
}

/** The first is what models are ranked by. */
export const MODEL_METRICS: readonly string[] = [
  'requests:sum',
  'errors:sum',
  'latency_ms:sum',
  'latency_ms:count',
  'input_tokens:sum',
  'output_tokens:sum',
  'cost_usd:sum',
];

function plus(left: number | null, right: number | null): number | null {
  return left === null && right === null ? null : (left ?? 0) + (right ?? 0);
}

function nameOf(name: string, other: boolean): string {
  if (other) return 'all others';
  return name === '' ? 'no model named' : name;
}

/** One row a model, the most used first. Samples name no model and make no requests: they are no row. */
export function prepareModelRows(frame: GroupedFrame): ModelRow[] {
  const columns = new Map<string, Map<string, Float64Array>>();
  const names = new Map<string, string>();
  for (const series of frame.series) {
    const key = `${series.other ? 'other' : 'model'} ${series.key}`;
    names.set(key, nameOf(series.name, series.other));
    const own = columns.get(key) ?? new Map<string, Float64Array>();
    own.set(series.metric, series.values);
    columns.set(key, own);
  }
  const rows = [...columns].map(([key, own]) => {
    const total = (metric: string): number | null => sumValues(own.get(metric));
    const latencies = total('latency_ms:count');
    const latency = total('latency_ms:sum');
    return {
      key,
      name: names.get(key) ?? '',
      requests: total('requests:sum') ?? 0,
      share: null,
      failed: total('errors:sum'),
      latency: latency === null || !latencies ? null : latency / latencies,
      tokens: plus(total('input_tokens:sum'), total('output_tokens:sum')),
      cost: total('cost_usd:sum'),
    };
  });
  const all = rows.reduce((sum, row) => sum + row.requests, 0);
  return rows.filter((row) => row.requests > 0).map((row) => ({ ...row, share: (100 * row.requests) / all }));
}
