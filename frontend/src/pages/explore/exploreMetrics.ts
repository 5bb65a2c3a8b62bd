import {
  COST,
  CPU,
  ERRORS,
  GPU,
  GPU_MEMORY,
  LATENCY,
  MEMORY,
  THROUGHPUT,
  type MetricInfo,
} from '../../charts/prepare/metricCatalog';
import { formatStep } from '../../utils/format';

export const AGGREGATES = ['avg', 'p50', 'p95', 'p99', 'min', 'max', 'sum', 'count', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** A metric and how the records of a bucket become one value. On the wire `latency_ms:p95`. */
export interface Metric {
  text: string;
  info: MetricInfo;
  aggregate: Aggregate;
}

interface Choice {
  info: MetricInfo;
  /** What makes sense of it, the usual one first. */
  aggregates: readonly Aggregate[];
}

const DURATION: readonly Aggregate[] = ['p95', 'p50', 'p99', 'avg', 'min', 'max', 'count'];
const TOTAL: readonly Aggregate[] = ['sum', 'avg', 'max', 'min'];
const LEVEL: readonly Aggregate[] = ['avg', 'max', 'min', 'p50', 'p95', 'p99', 'last'];
const HIGHEST: readonly Aggregate[] = ['max', 'avg', 'min', 'p50', 'p95', 'p99', 'last'];

const tokens = (name: string, title: string, hue: MetricInfo['hue']): Choice => ({
  info: { name, title, unit: 'tokens', hue },
  aggregates: TOTAL,
});

/** Everything that records have, in the order of the list. */
export const CHOICES: readonly Choice[] = [
  { info: LATENCY, aggregates: DURATION },
  { info: { name: 'ttft_ms', title: 'Time to first token', unit: 'ms', hue: 'blue' }, aggregates: DURATION },
  { info: THROUGHPUT, aggregates: LEVEL },
  { info: { name: 'requests', title: 'Requests', unit: 'count', hue: 'cyan' }, aggregates: TOTAL },
  { info: ERRORS, aggregates: TOTAL },
  { info: { name: 'error_rate_percent', title: 'Error rate', unit: '%', hue: 'slate' }, aggregates: ['avg'] },
  { info: COST, aggregates: TOTAL },
  {
    info: { name: 'unpriced_records', title: 'Requests without a price', unit: 'count', hue: 'violet' },
    aggregates: ['sum'],
  },
  tokens('input_tokens', 'Input tokens', 'blue'),
  tokens('output_tokens', 'Output tokens', 'violet'),
  tokens('cache_read_tokens', 'Tokens from cache', 'cyan'),
  tokens('cache_write_tokens', 'Tokens to cache', 'slate'),
  tokens('reasoning_tokens', 'Reasoning tokens', 'magenta'),
  { info: CPU, aggregates: LEVEL },
  { info: GPU, aggregates: LEVEL },
  { info: MEMORY, aggregates: HIGHEST },
  { info: GPU_MEMORY, aggregates: HIGHEST },
];

export const CUSTOM = 'custom.';

function customChoice(name: string): Choice {
  return {
    info: { name, title: name.slice(CUSTOM.length), unit: 'count', hue: 'rose' },
    aggregates: AGGREGATES,
  };
}

/** A metric by its name on the wire; null where there is none. */
export function findChoice(name: string): Choice | null {
  if (name.startsWith(CUSTOM) && name.length > CUSTOM.length) return customChoice(name);
  return CHOICES.find((choice) => choice.info.name === name) ?? null;
}

/** Null where it is none. The name of a custom metric may hold a colon. */
export function parseMetric(text: string): Metric | null {
  const colon = text.lastIndexOf(':');
  const choice = findChoice(text.slice(0, colon));
  const aggregate = AGGREGATES.find((candidate) => candidate === text.slice(colon + 1));
  return choice && aggregate ? { text, info: choice.info, aggregate } : null;
}

/** The aggregates that a metric is offered with; one that the address names is among them. */
export function aggregatesOf(metric: Metric): readonly Aggregate[] {
  const usual = findChoice(metric.info.name)?.aggregates ?? AGGREGATES;
  return usual.includes(metric.aggregate) ? usual : [...usual, metric.aggregate];
}

export function withAggregate(metric: Metric, aggregate: Aggregate): string {
  return `${metric.info.name}:${aggregate}`;
}

/** A metric as it is added: the first of its aggregates that is not there yet; null where all are. */
export function addedMetric(name: string, present: readonly Metric[]): string | null {
  const texts = present.map((metric) => metric.text);
  const choice = findChoice(name);
  const free = choice?.aggregates.find((aggregate) => !texts.includes(`${name}:${aggregate}`));
  return free === undefined ? null : `${name}:${free}`;
}

/** What adds up over buckets and groups: bars, and a sum over the range. */
export function isTotal({ aggregate }: Metric): boolean {
  return aggregate === 'sum' || aggregate === 'count';
}

export const AGGREGATE_WORDS: Record<Aggregate, string> = {
  avg: 'average',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  min: 'lowest',
  max: 'highest',
  sum: 'sum',
  count: 'values counted',
  last: 'last',
};

/** As a column, or in a sentence. */
export function metricName({ info, aggregate }: Metric): string {
  if (aggregate === 'sum') return info.title;
  return `${info.title}${aggregate.startsWith('p') ? '' : ','} ${AGGREGATE_WORDS[aggregate]}`;
}

/** As a chart is called: of a sum that of a bucket. */
export function metricTitle(metric: Metric, stepMs: number): string {
  return isTotal(metric) ? `${metricName(metric)} per ${formatStep(stepMs)}` : metricName(metric);
}

/** The columns of a record that a metric is made of. */
export function recordColumns(metrics: readonly Metric[]): string[] {
  const made: Record<string, readonly string[]> = {
    requests: ['request_count'],
    errors: ['status', 'request_count'],
    error_rate_percent: ['status', 'request_count'],
    throughput_req_per_min: ['throughput_req_per_min', 'request_count'],
    unpriced_records: ['cost_source'],
  };
  const columns = metrics.flatMap(({ info }) =>
    info.name.startsWith(CUSTOM) ? ['custom_metrics'] : (made[info.name] ?? [info.name]),
  );
  return [...new Set(['timestamp', 'agent', 'kind', 'provider', 'model', 'host', ...columns])];
}
