import type {
  Agent,
  AgentEvent,
  AgentList,
  Change,
  Configuration,
  CostFigures,
  CostGroup,
  Costs,
  Health,
  Key,
  Me,
  MetricBuckets,
  Price,
  Rejection,
  System,
} from '../../src/services/types';
import { totalsOf } from '../../src/state/fleet';
import type { Frame } from '../../src/utils/frame';
import { parseTime } from '../../src/utils/range';

export const NOON = Date.parse('2026-03-10T12:00:00Z');

export function agentOf(name: string, part: Partial<Agent> = {}): Agent {
  return {
    agent_id: `id-${name}`,
    name,
    description: '',
    labels: {},
    parent: null,
    created_at: '2026-01-01T00:00:00Z',
    status: 'up',
    since: '2026-03-10T09:00:00Z',
    reason: 'Records arrive every 5 s',
    last_seen: '2026-03-10T11:59:58Z',
    interval_s: 5,
    host: 'host-1',
    latest: {
      latency_ms: 120,
      throughput_req_per_min: 30,
      cost_usd: 0.002,
      cpu_usage_percent: 40,
      gpu_usage_percent: null,
      memory_usage_mb: 512,
      gpu_memory_usage_mb: null,
    },
    today: { requests: 100, errors: 0, cost_usd: 1.5 },
    ...part,
  };
}

export function listOf(agents: Agent[], serverTime = new Date().toISOString()): AgentList {
  return { agents, totals: totalsOf(agents), next_cursor: null, server_time: serverTime };
}

export function eventOf(
  type: AgentEvent['type'],
  timestamp: string,
  part: Partial<AgentEvent> = {},
): AgentEvent {
  return {
    event_id: `${type}-${timestamp}`,
    agent_id: 'id-a',
    type,
    timestamp,
    message: '',
    attributes: {},
    ...part,
  };
}

export function meOf(part: Partial<Me> = {}): Me {
  return { name: 'ada', role: 'admin', has_password: true, demo: false, version: '1.2.3', ...part };
}

export function healthOf(part: Partial<Health> = {}): Health {
  return { status: 'ok', service: 'db-api', version: '1.2.3', database: { status: 'ok' }, ...part };
}

export function configurationOf(part: Partial<Configuration> = {}): Configuration {
  return {
    agent_id: null,
    agent: null,
    version: 3,
    enabled: true,
    interval_s: 5,
    retention_days: 90,
    thresholds: { latency_ms: { warn: 1000, critical: 2000 } },
    created_at: '2026-03-01T10:00:00Z',
    created_by: 'grace',
    ...part,
  };
}

/** A frame from plain lists; null is "not measured". */
export function frameOf(
  startMs: number,
  stepMs: number,
  columns: Record<string, (number | null)[]>,
  agent: string | null = 'a',
): Frame {
  const length = Math.max(0, ...Object.values(columns).map((values) => values.length));
  return {
    stepMs,
    times: Float64Array.from({ length }, (_, index) => startMs + index * stepMs),
    series: Object.entries(columns).map(([metric, values]) => ({
      agentId: agent === null ? null : `id-${agent}`,
      agent,
      metric,
      unit: 'ms',
      values: Float64Array.from(values, (value) => value ?? Number.NaN),
    })),
  };
}

export function changeOf(part: Partial<Change> = {}): Change {
  return {
    agent_id: 'id-alpha',
    agent: 'alpha',
    metric: 'latency_ms:p95',
    unit: 'ms',
    before: 200,
    during: 442,
    change_percent: 121,
    score: 8,
    ...part,
  };
}

/** A request as the server tells it, by column. */
export function recordOf(ms: number, part: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    timestamp: new Date(ms).toISOString(),
    agent_id: 'id-alpha',
    agent: 'alpha',
    kind: 'request',
    status: 'success',
    request_count: 1,
    latency_ms: 120,
    ttft_ms: null,
    cost_usd: 0.002,
    cost_source: 'computed',
    provider: 'acme',
    model: 'acme-1',
    input_tokens: 1200,
    output_tokens: 250,
    host: 'host-1',
    trace_id: null,
    span_id: null,
    attributes: {},
    ...part,
  };
}

export function figuresOf(part: Partial<CostFigures> = {}): CostFigures {
  return {
    cost_usd: 10,
    requests: 100,
    priced_requests: 100,
    unpriced_requests: 0,
    cost_per_request_usd: 0.1,
    cache_saved_usd: null,
    input_tokens: 4000,
    output_tokens: 1000,
    cache_read_tokens: 1000,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    ...part,
  };
}

export function groupOf(part: Partial<CostGroup> = {}): CostGroup {
  return { agent_id: null, agent: null, provider: null, model: null, day: null, ...figuresOf(), ...part };
}

export function costsOf(part: Partial<Costs> = {}): Costs {
  return {
    start: '2026-02-08T00:00:00Z',
    end: '2026-03-10T12:00:00Z',
    total: figuresOf(),
    groups: [],
    month: {
      start: '2026-03-01',
      cost_usd: 412,
      previous_cost_usd: 980,
      forecast_usd: 1020,
      forecast_days: 7,
    },
    unpriced: [],
    ...part,
  };
}

/** An answer of the server with the same value in every bucket of the asked metrics. */
export function bucketsOf(url: URL, agents: Agent[], nowMs: number, value: number): MetricBuckets {
  const stepMs = Number.parseInt(url.searchParams.get('step') ?? '60', 10) * 1000;
  const start = url.searchParams.get('start') ?? 'now-1h';
  const fromMs = parseTime(start, nowMs) ?? nowMs;
  const untilMs = Math.min(nowMs, parseTime(url.searchParams.get('end') ?? 'now', nowMs) ?? nowMs);
  const times: number[] = [];
  for (let time = Math.floor(fromMs / stepMs) * stepMs; time < untilMs; time += stepMs) times.push(time);
  const by = url.searchParams.get('group_by') ?? 'agent';
  const asked = url.searchParams.getAll('agent');
  const owners: { agent_id: string | null; agent: string | null; group?: string }[] =
    by === 'none'
      ? [{ agent_id: null, agent: null }]
      : by === 'agent'
        ? agents
            .filter((agent) => asked.length === 0 || asked.includes(agent.name))
            .map((agent) => ({ agent_id: agent.agent_id, agent: agent.name }))
        : ['one', 'two'].map((group) => ({ agent_id: null, agent: null, group: `${by}-${group}` }));
  return {
    start: new Date(fromMs).toISOString(),
    end: new Date(untilMs).toISOString(),
    step_s: stepMs / 1000,
    times,
    series: owners.flatMap((owner) =>
      url.searchParams.getAll('metric').map((metric) => ({
        ...owner,
        metric,
        unit: 'ms' as const,
        values: times.map(() => (metric.startsWith('gpu') ? null : value)),
        ...(url.searchParams.get('compare') === 'previous' ? { previous: times.map(() => value / 2) } : {}),
      })),
    ),
  };
}

export function keyOf(name: string, part: Partial<Key> = {}): Key {
  return {
    key_id: `key-${name}`,
    name,
    scope: 'ingest',
    agents: [],
    records_per_second: null,
    state: 'active',
    created_at: '2026-03-01T10:00:00Z',
    created_by: 'grace',
    expires_at: null,
    revoked_at: null,
    revoked_by: null,
    ...part,
  };
}

export function priceOf(model: string, part: Partial<Price> = {}): Price {
  return {
    provider: 'acme',
    model,
    // The contract says no more of a rule than that it is an object.
    match: { equals: model } as unknown as Price['match'],
    from: null,
    in_force: true,
    source: 'bundled',
    version: 'one',
    hours: null,
    usd_per_million: {
      input: '2',
      output: '8',
      cache_read: '0.5',
      cache_write: null,
      cache_write_1h: null,
      reasoning: null,
      input_audio: null,
      requests: null,
    },
    tiers: [],
    ...part,
  };
}

export function rejectionOf(part: Partial<Rejection> = {}): Rejection {
  return {
    agent: 'alpha',
    agent_id: 'id-alpha',
    key: 'collector',
    address: '10.0.0.7',
    subject: 'record',
    code: 'record_invalid',
    field: 'cpu_usage_percent',
    reason: 'cpu_usage_percent 130 is over 100',
    count: 12,
    first: '2026-03-10T11:00:00Z',
    last: '2026-03-10T11:59:00Z',
    ...part,
  };
}

/** All is well at `NOON`. */
export function systemOf(part: Partial<System> = {}): System {
  return {
    version: '1.2.3',
    started_at: '2026-03-07T12:00:00Z',
    server_time: '2026-03-10T12:00:00Z',
    database: {
      version: '15.8',
      schema: 17,
      bytes: 4_200_000_000,
      bytes_per_day: 120_000_000,
      measured_since: '2026-03-03T12:00:00Z',
      disk: { total_bytes: 500e9, free_bytes: 320e9, days_left: 2667 },
    },
    ingest: {
      records_per_minute: 1240,
      newest_commit_at: '2026-03-10T11:59:59Z',
      process: {
        records: 5_000_000,
        commits: 90_000,
        commit_ms: 4.13,
        queue_bytes: 0,
        failures: 0,
        spool: { batches: 0, bytes: 0, limit_bytes: 1e9, database_away: false, set_aside: 0 },
      },
    },
    sums: {
      minutes_at: '2026-03-10T11:59:30Z',
      hours_at: '2026-03-10T11:00:00Z',
      days_at: null,
      waiting_batches: 3,
      waiting_s: 20,
    },
    sealing: {
      newest: { generation: 11, records: 1_200_000, sealed_at: '2026-03-10T09:00:00Z' },
      open: 1,
      waiting: 0,
      waiting_s: null,
    },
    rejections_24h: [],
    slow_requests: [],
    streams: 2,
    sessions: 3,
    ...part,
  };
}
