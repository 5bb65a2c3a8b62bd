import type { Unit } from '../utils/format';
import type { Frame } from '../utils/frame';
import { stepText } from '../utils/step';
import { buildUrl, request } from './http';
import type { MetricBuckets } from './types';

export interface FrameRequest {
  /** Names or ids; none means all agents. */
  agents: readonly string[];
  /** `name:aggregate`, such as `latency_ms:p95`. */
  metrics: readonly string[];
  start: string;
  end: string;
  stepMs: number;
  groupBy: 'agent' | 'none';
}

/** The contract's list as a typed column. */
export function toColumn(values: readonly (number | null)[]): Float64Array {
  const result = new Float64Array(values.length);
  values.forEach((value, index) => {
    result[index] = value ?? Number.NaN;
  });
  return result;
}

/** Custom metrics have no unit: they are written as plain numbers. */
function unitOf(unit: MetricBuckets['series'][number]['unit']): Unit {
  return unit === '' ? 'count' : unit;
}

/** The contract's lists become typed columns; `null` becomes NaN, never 0. */
export function toFrame(buckets: MetricBuckets): Frame {
  return {
    stepMs: buckets.step_s * 1000,
    times: Float64Array.from(buckets.times),
    series: buckets.series.map((series) => ({
      agentId: series.agent_id,
      agent: series.agent,
      metric: series.metric,
      unit: unitOf(series.unit),
      values: toColumn(series.values),
    })),
  };
}

export async function getFrame(wanted: FrameRequest, signal?: AbortSignal): Promise<Frame> {
  const buckets = await request<MetricBuckets>('/api/v1/metrics', {
    query: {
      agent: wanted.agents,
      metric: wanted.metrics,
      start: wanted.start,
      end: wanted.end,
      step: stepText(wanted.stepMs),
      group_by: wanted.groupBy,
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return toFrame(buckets);
}

/** One metric of one group in each bucket, and in those of the time before where that was asked for. */
export interface GroupSeries {
  /** Of an agent its id, else what the group is called; empty where records name none. */
  key: string;
  name: string;
  metric: string;
  unit: Unit;
  /** All groups that have no series of their own. */
  other: boolean;
  values: Float64Array;
  previous: Float64Array;
}

export interface GroupedFrame {
  stepMs: number;
  times: Float64Array;
  /** The greatest group first. */
  series: GroupSeries[];
}

export interface GroupsRequest {
  agents: readonly string[];
  metrics: readonly string[];
  start: string;
  end: string;
  stepMs: number;
  /** As the contract has it: `agent`, `none`, `model`, `provider`, `host` or `label:` and its name. */
  groupBy: string;
  previous: boolean;
  /** How many groups have a series of their own; as many as the contract gives where absent. */
  top?: number | undefined;
}

/** As many as the contract gives; what is greater than the rest is always among them. */
const MOST_GROUPS = 100;

export function toGroups(buckets: MetricBuckets): GroupedFrame {
  return {
    stepMs: buckets.step_s * 1000,
    times: Float64Array.from(buckets.times),
    series: buckets.series.map((series) => ({
      key: series.agent_id ?? series.group ?? '',
      name: series.agent ?? series.group ?? '',
      metric: series.metric,
      unit: unitOf(series.unit),
      other: series.other ?? false,
      values: toColumn(series.values),
      previous: toColumn(series.previous ?? []),
    })),
  };
}

export async function getGroups(wanted: GroupsRequest, signal: AbortSignal): Promise<GroupedFrame> {
  const buckets = await request<MetricBuckets>('/api/v1/metrics', {
    query: {
      agent: wanted.agents,
      metric: wanted.metrics,
      start: wanted.start,
      end: wanted.end,
      step: stepText(wanted.stepMs),
      group_by: wanted.groupBy,
      top: wanted.top ?? MOST_GROUPS,
      compare: wanted.previous ? 'previous' : undefined,
    },
    signal,
  });
  return toGroups(buckets);
}

export type ExportFormat = 'csv' | 'xlsx' | 'json' | 'ndjson';

/** The address of an export with the filter of the screen: the browser streams it to disk. No columns are all. */
export function exportUrl(
  agents: readonly string[],
  start: string,
  end: string,
  format: ExportFormat,
  columns: readonly string[] = [],
): string {
  return buildUrl('/api/v1/export', { agent: agents, column: columns, start, end, format });
}
