import {
  COST,
  CPU,
  GPU,
  LATENCY,
  MEMORY,
  THROUGHPUT,
  type MetricInfo,
} from '../../charts/prepare/metricCatalog';
import type { Agent, Totals } from '../../services/types';

/** One metric of the fleet table: the newest number, and its history as a sparkline. */
export interface FleetColumn {
  id: string;
  info: MetricInfo;
  title: string;
  hint: string;
  /** The column of the sparkline, `name:aggregate`. */
  history: string;
  kind: 'line' | 'bars';
  /** The sparkline's top; null takes the data's own. */
  top: number | null;
  value: (agent: Agent) => number | null;
  total: (totals: Totals) => number | null;
  /** How the rows' histories become that of all agents; null where only the server can tell (percentiles). */
  combine: 'sum' | 'mean' | null;
  /** From which width on the sparkline and the whole column are shown. */
  spark: 'always' | 'wide' | 'widest';
  shown: 'always' | 'tablet';
}

export const FLEET_COLUMNS: readonly FleetColumn[] = [
  {
    id: 'latency',
    info: LATENCY,
    title: 'Latency',
    hint: 'Newest latency; the line is p95 over the range',
    history: 'latency_ms:p95',
    kind: 'line',
    top: null,
    value: (agent) => agent.latest.latency_ms,
    total: () => null,
    combine: null,
    spark: 'always',
    shown: 'always',
  },
  {
    id: 'throughput',
    info: THROUGHPUT,
    title: 'Throughput',
    hint: 'Requests a minute',
    history: 'throughput_req_per_min:avg',
    kind: 'line',
    top: null,
    value: (agent) => agent.latest.throughput_req_per_min,
    total: (totals) => totals.throughput_req_per_min,
    combine: 'sum',
    spark: 'wide',
    shown: 'always',
  },
  {
    id: 'cost',
    info: COST,
    title: 'Cost today',
    hint: 'Cost since midnight UTC; the bars are cost over the range',
    history: 'cost_usd:sum',
    kind: 'bars',
    top: null,
    value: (agent) => agent.today.cost_usd,
    total: (totals) => totals.cost_today_usd,
    combine: 'sum',
    spark: 'wide',
    shown: 'always',
  },
  {
    id: 'cpu',
    info: CPU,
    title: 'CPU',
    hint: 'Share of the processor time that the agent may use',
    history: 'cpu_usage_percent:avg',
    kind: 'line',
    top: 100,
    value: (agent) => agent.latest.cpu_usage_percent,
    total: (totals) => totals.cpu_usage_percent,
    combine: 'mean',
    spark: 'wide',
    shown: 'always',
  },
  {
    id: 'gpu',
    info: GPU,
    title: 'GPU',
    hint: 'Share of the GPU time that the agent may use',
    history: 'gpu_usage_percent:avg',
    kind: 'line',
    top: 100,
    value: (agent) => agent.latest.gpu_usage_percent,
    total: (totals) => totals.gpu_usage_percent,
    combine: 'mean',
    spark: 'widest',
    shown: 'always',
  },
  {
    id: 'memory',
    info: MEMORY,
    title: 'Memory',
    hint: 'Memory in use',
    history: 'memory_usage_mb:max',
    kind: 'line',
    top: null,
    value: (agent) => agent.latest.memory_usage_mb,
    total: (totals) => totals.memory_usage_mb,
    combine: 'sum',
    spark: 'widest',
    shown: 'always',
  },
];

/** The columns that the address names; all where it names none that there is. */
export function readColumns(params: URLSearchParams): readonly FleetColumn[] {
  const named = (params.get('cols') ?? '').split(',');
  const found = FLEET_COLUMNS.filter((column) => named.includes(column.id));
  return found.length === 0 ? FLEET_COLUMNS : found;
}

/** The address of chosen columns; null where all are. The last one cannot be left out. */
export function columnsText(ids: readonly string[]): string | null {
  const kept = FLEET_COLUMNS.filter((column) => ids.includes(column.id));
  return kept.length === 0 || kept.length === FLEET_COLUMNS.length
    ? null
    : kept.map((column) => column.id).join(',');
}

export const HISTORY_METRICS: readonly string[] = FLEET_COLUMNS.map((column) => column.history);
export const FLEET_P95 = 'latency_ms:p95';

/** The contract allows 100,000 buckets in one answer; this leaves room for the open one. */
const MOST_VALUES = 90_000;
const MOST_BUCKETS = 60;
const FEWEST_BUCKETS = 12;

/** How many buckets a sparkline may have, so that one answer holds those of every agent. */
export function sparklineBuckets(agents: number): number {
  const share = Math.floor(MOST_VALUES / (HISTORY_METRICS.length * Math.max(1, agents)));
  return Math.min(MOST_BUCKETS, Math.max(FEWEST_BUCKETS, share));
}
