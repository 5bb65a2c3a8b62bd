import { stepText } from '../utils/step';
import { request } from './http';
import { toColumn } from './metrics';
import type { Costs, MetricBuckets } from './types';

export type CostGrouping = 'agent' | 'model' | 'provider';

export interface CostQuestion {
  /** Names or ids; none means all agents. */
  agents: readonly string[];
  start: string;
  end: string;
  groupBy: CostGrouping;
  stepMs: number;
}

/** What one group cost in each bucket, and in the buckets of the time before. */
export interface CostSeries {
  /** Of an agent its id, else what the group is called; empty where records name none. */
  key: string;
  name: string;
  /** All groups that have no series of their own. */
  other: boolean;
  values: Float64Array;
  previous: Float64Array;
}

export interface CostHistory {
  stepMs: number;
  times: Float64Array;
  /** The dearest first. */
  series: CostSeries[];
}

export interface CostAnswer {
  /** What was asked: while another question is under way, this is still what is shown. */
  question: CostQuestion;
  costs: Costs;
  history: CostHistory;
}

/** As many as the contract gives; what is dearer than the rest is always among them. */
const MOST_GROUPS = 100;

export function toCostHistory(buckets: MetricBuckets): CostHistory {
  return {
    stepMs: buckets.step_s * 1000,
    times: Float64Array.from(buckets.times),
    series: buckets.series.map((series) => ({
      key: series.agent_id ?? series.group ?? '',
      name: series.agent ?? series.group ?? '',
      other: series.other ?? false,
      values: toColumn(series.values),
      previous: toColumn(series.previous ?? []),
    })),
  };
}

/** What was spent by group, and when: of one range and the same agents. */
export async function getCosts(question: CostQuestion, signal: AbortSignal): Promise<CostAnswer> {
  const { agents, start, end, groupBy, stepMs } = question;
  const [costs, buckets] = await Promise.all([
    request<Costs>('/api/v1/costs', { query: { agent: agents, start, end, group_by: groupBy }, signal }),
    request<MetricBuckets>('/api/v1/metrics', {
      query: {
        agent: agents,
        metric: ['cost_usd:sum'],
        start,
        end,
        step: stepText(stepMs),
        group_by: groupBy,
        top: MOST_GROUPS,
        compare: 'previous',
      },
      signal,
    }),
  ]);
  return { question, costs, history: toCostHistory(buckets) };
}
