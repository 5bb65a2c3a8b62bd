import type { Hue } from '../../design/hues';
import type { Unit } from '../../utils/format';

/** What is known of a metric wherever it is shown: it keeps its name, unit and hue on every page. */
export interface MetricInfo {
  /** As on the wire; also the name of its thresholds. */
  name: string;
  title: string;
  unit: Unit;
  hue: Hue;
}

export const LATENCY: MetricInfo = { name: 'latency_ms', title: 'Latency', unit: 'ms', hue: 'blue' };
export const THROUGHPUT: MetricInfo = {
  name: 'throughput_req_per_min',
  title: 'Throughput',
  unit: 'req/min',
  hue: 'cyan',
};
export const COST: MetricInfo = { name: 'cost_usd', title: 'Cost', unit: 'USD', hue: 'violet' };
export const ERRORS: MetricInfo = { name: 'errors', title: 'Errors', unit: 'count', hue: 'slate' };
export const TOKENS: MetricInfo = { name: 'tokens', title: 'Tokens', unit: 'tokens', hue: 'blue' };
export const CPU: MetricInfo = { name: 'cpu_usage_percent', title: 'CPU', unit: '%', hue: 'magenta' };
export const GPU: MetricInfo = { name: 'gpu_usage_percent', title: 'GPU', unit: '%', hue: 'rose' };
export const MEMORY: MetricInfo = { name: 'memory_usage_mb', title: 'Memory', unit: 'MB', hue: 'slate' };
export const GPU_MEMORY: MetricInfo = {
  name: 'gpu_memory_usage_mb',
  title: 'GPU memory',
  unit: 'MB',
  hue: 'rose',
};

/** Those that a threshold can be set for. */
export const METRICS: readonly MetricInfo[] = [LATENCY, THROUGHPUT, COST, CPU, GPU, MEMORY, GPU_MEMORY];
