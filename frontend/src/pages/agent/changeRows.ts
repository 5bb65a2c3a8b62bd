import type { Change } from '../../services/types';
import { formatStep, formatText, type Unit } from '../../utils/format';

export interface ChangeRow {
  key: string;
  agent: string;
  what: string;
  rose: boolean;
  before: string;
  during: string;
  /** `+121%`; of what was not there before, a word. */
  change: string;
}

const TITLES: Record<string, string> = {
  latency_ms: 'Latency',
  ttft_ms: 'Time to first token',
  requests: 'Requests',
  error_rate_percent: 'Error rate',
  cost_usd: 'Cost',
  input_tokens: 'Input tokens',
  output_tokens: 'Output tokens',
  cpu_usage_percent: 'CPU',
  gpu_usage_percent: 'GPU',
  memory_usage_mb: 'Memory',
  gpu_memory_usage_mb: 'GPU memory',
};

/** A metric as people call it; a sum is that of a bucket of the comparison. */
export function changeTitle(metric: string, stepMs: number): string {
  const [name = '', aggregate = ''] = metric.split(':');
  const title = TITLES[name] ?? name.replaceAll('_', ' ');
  if (aggregate === 'sum') return `${title} per ${formatStep(stepMs)}`;
  if (metric === 'cost_usd:avg') return 'Cost per request';
  return aggregate === 'avg' ? title : `${title} ${aggregate}`;
}

const DIGITS_BELOW = 10;

function changeText({ change_percent }: Change): string {
  if (change_percent === null) return 'was 0';
  const size = Math.abs(change_percent);
  const text = size < DIGITS_BELOW ? size.toFixed(1) : size.toFixed(0);
  return `${change_percent < 0 ? '−' : '+'}${text}%`;
}

/** What moved, as the server ranked it. */
export function prepareChangeRows(changes: readonly Change[], stepMs: number): ChangeRow[] {
  return changes.map((change) => ({
    key: `${change.agent_id} ${change.metric}`,
    agent: change.agent,
    what: changeTitle(change.metric, stepMs),
    rose: change.score > 0,
    before: formatText(change.before, change.unit as Unit),
    during: formatText(change.during, change.unit as Unit),
    change: changeText(change),
  }));
}
