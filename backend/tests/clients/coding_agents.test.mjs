// Claude Code, Codex and Gemini CLI are not installed here: what follows are captures written by hand of what they send
// (names, types and where things are), replayed as OTLP/JSON. Each is sent twice, as a client that lost the answer does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentsOf, countersOf, recordsOf, sentinel, totalOf } from './support/sentinel.mjs';

const attributesOf = (object) =>
  Object.entries(object).map(([key, value]) => ({ key, value: valueOf(value) }));
function valueOf(value) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

const startedMs = Date.now() - 70_000; // of a session, whose clients export metrics each minute
const nanosOf = (ms) => `${Math.round(ms * 1000)}000`;
const eventAt = (ms, name, attributes) => ({
  timeUnixNano: nanosOf(startedMs + ms),
  body: { stringValue: name },
  attributes: attributesOf(attributes),
});
const logsOf = (resource, scope, logRecords) => ({
  resourceLogs: [
    { resource: { attributes: attributesOf(resource) }, scopeLogs: [{ scope: { name: scope }, logRecords }] },
  ],
});
const deltaOf = (name, points) => ({
  name,
  sum: {
    aggregationTemporality: 1,
    isMonotonic: true,
    dataPoints: points.map(([asDouble, attributes]) => ({
      startTimeUnixNano: nanosOf(startedMs),
      timeUnixNano: nanosOf(startedMs + 60_000),
      asDouble,
      attributes: attributesOf(attributes),
    })),
  },
});
const gaugeOf = (ms, name, asDouble, attributes) => ({
  name,
  gauge: {
    dataPoints: [{ timeUnixNano: nanosOf(startedMs + ms), asDouble, attributes: attributesOf(attributes) }],
  },
});
const metricsOf = (resource, scope, metrics) => ({
  resourceMetrics: [
    { resource: { attributes: attributesOf(resource) }, scopeMetrics: [{ scope: { name: scope }, metrics }] },
  ],
});

async function replay(signal, body, { keyInPath = false } = {}) {
  const headers = {
    'content-type': 'application/json',
    ...(keyInPath ? {} : { authorization: `Bearer ${sentinel.key}` }),
  };
  const url = `${sentinel.http}${keyInPath ? `/otlp/${sentinel.key}` : ''}/v1/${signal}`;
  for (let sent = 0; sent < 2; ++sent) {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {});
  }
}

const shown = [
  'status',
  'request_count',
  'provider',
  'model',
  'latency_ms',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_usd',
  'cost_source',
];
const requestsOf = (records) =>
  records.filter(({ kind }) => kind === 'request').map((record) => shown.map((column) => record[column]));

test('Claude Code, replayed: an event is the call, its span and its counters are the same one', async () => {
  const resource = { 'service.name': 'claude-code', 'service.version': '2.1.248', 'os.type': 'linux' };
  const session = {
    'session.id': '1f1c2ad8-58a3-4d0d-8a5f-0c1b1c8ce001',
    'user.email': 'nobody@example.com',
  };
  const call = {
    ...session,
    'event.name': 'api_request',
    model: 'claude-sonnet-4-5',
    input_tokens: '12',
    output_tokens: '345',
    cache_read_tokens: '20000',
    cache_creation_tokens: '1500',
    cost_usd: '0.016836',
    duration_ms: '2750',
    request_id: 'req_011A',
    query_source: 'main',
  };
  await replay(
    'logs',
    logsOf(resource, 'com.anthropic.claude_code.events', [
      eventAt(3000, 'claude_code.user_prompt', {
        ...session,
        'event.name': 'user_prompt',
        prompt: 'secret',
        prompt_length: '6',
      }),
      eventAt(5000, 'claude_code.api_request', call),
      eventAt(6000, 'claude_code.tool_result', {
        ...session,
        'event.name': 'tool_result',
        tool_name: 'Bash',
        success: 'true',
        duration_ms: '120',
      }),
      eventAt(7000, 'claude_code.api_error', {
        ...session,
        'event.name': 'api_error',
        model: 'claude-sonnet-4-5',
        error: 'Overloaded',
        status_code: '529',
        duration_ms: '900',
        attempt: '3',
      }),
    ]),
  );
  await replay('traces', {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [
          {
            scope: { name: 'com.anthropic.claude_code.tracing' },
            spans: [
              {
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                name: 'claude_code.llm_request',
                kind: 1,
                startTimeUnixNano: nanosOf(startedMs + 2250),
                endTimeUnixNano: nanosOf(startedMs + 5000),
                attributes: attributesOf({
                  model: 'claude-sonnet-4-5',
                  'gen_ai.system': 'anthropic',
                  request_id: 'req_011A',
                  input_tokens: 12,
                  output_tokens: 345,
                  cache_read_tokens: 20000,
                  cache_creation_tokens: 1500,
                  ttft_ms: 640,
                  duration_ms: 2750,
                  success: true,
                }),
              },
            ],
          },
        ],
      },
    ],
  });
  const counted = (type) => ({ ...session, type, model: 'claude-sonnet-4-5' });
  await replay(
    'metrics',
    metricsOf(resource, 'com.anthropic.claude_code', [
      deltaOf('claude_code.token.usage', [
        [12, counted('input')],
        [345, counted('output')],
        [20000, counted('cacheRead')],
      ]),
      deltaOf('claude_code.cost.usage', [[0.016836, { ...session, model: 'claude-sonnet-4-5' }]]),
    ]),
  );

  const records = await recordsOf('claude-code');
  assert.deepEqual(requestsOf(records), [
    // Claude Code counts what was cached beside the input: Sentinel counts it in.
    ['success', 1, null, 'claude-sonnet-4-5', 2750, 21512, 345, 20000, 1500, null, 0.016836, 'reported'],
    ['error', 1, null, 'claude-sonnet-4-5', 900, null, null, null, null, null, null, null],
  ]);
  assert.equal(await totalOf('claude-code', 'input_tokens:sum'), 21512);
  assert.doesNotMatch(JSON.stringify(records), /secret|nobody@example.com/);
  const counters = await countersOf('claude-code');
  assert.deepEqual(
    counters.filter(({ name }) => name === 'claude_code.cost.usage').map(({ increase }) => increase),
    [0.016836],
  );
  assert.deepEqual(
    (await agentsOf('claude-code')).map(({ name, status }) => [name, status]),
    [['claude-code', 'up']],
  );
});

test('Codex CLI, replayed: tokens of one event and latency of another are one call', async () => {
  const resource = { 'service.name': 'codex_cli_rs', 'service.version': '0.94.0' };
  const common = {
    'conversation.id': '0199a213-81c0-7800-8aa1-bbab2a035a53',
    model: 'gpt-5-codex',
    originator: 'codex_cli_rs',
  };
  await replay(
    'logs',
    logsOf(resource, 'codex_otel', [
      eventAt(1000, 'codex.conversation_starts', { ...common, 'event.name': 'codex.conversation_starts' }),
      eventAt(2000, 'codex.api_request', {
        ...common,
        'event.name': 'codex.api_request',
        duration_ms: '1830',
        'http.response.status_code': '200',
        attempt: '1',
      }),
      eventAt(2100, 'codex.sse_event', {
        ...common,
        'event.name': 'codex.sse_event',
        'event.kind': 'response.output_item.done',
        duration_ms: '4',
      }),
      eventAt(2500, 'codex.sse_event', {
        ...common,
        'event.name': 'codex.sse_event',
        'event.kind': 'response.completed',
        input_token_count: '9000',
        output_token_count: '410',
        cached_token_count: '8192',
        reasoning_token_count: '256',
        tool_token_count: '9410',
      }),
      eventAt(3000, 'codex.api_request', {
        ...common,
        'event.name': 'codex.api_request',
        duration_ms: '75',
        'http.response.status_code': '429',
        'error.message': 'slow down',
        attempt: '1',
      }),
    ]),
  );

  assert.deepEqual(requestsOf(await recordsOf('codex_cli_rs')), [
    ['success', 0, null, 'gpt-5-codex', 1830, null, null, null, null, null, null, null],
    // 808 * 1.25 + 8192 * 0.125 + 410 * 10 dollars a million
    ['success', 1, null, 'gpt-5-codex', null, 9000, 410, 8192, null, 256, 0.006134, 'computed'],
    ['error', 1, null, 'gpt-5-codex', 75, null, null, null, null, null, null, null],
  ]);
  assert.equal(await totalOf('codex_cli_rs', 'requests:sum'), 2);
  assert.equal(await totalOf('codex_cli_rs', 'errors:sum'), 1);
  assert.deepEqual(
    (await agentsOf('codex_cli_rs')).map(({ status }) => status),
    ['up'],
  );
});

test('Gemini CLI, replayed: the key is in the path, thoughts and tools are counted in', async () => {
  const resource = { 'service.name': 'gemini-cli', 'service.version': '0.30.0' };
  const common = {
    'session.id': 'b7d8c4a0-0001',
    'user.email': 'nobody@example.com',
    model: 'gemini-2.5-pro',
  };
  const keyInPath = true;
  await replay(
    'logs',
    logsOf(resource, 'gemini-cli', [
      eventAt(4000, 'API response from gemini-2.5-pro. Status: 200. Duration: 2100ms.', {
        ...common,
        'event.name': 'gemini_cli.api_response',
        status_code: 200,
        duration_ms: 2100,
        input_token_count: 5000,
        output_token_count: 100,
        cached_content_token_count: 4000,
        thoughts_token_count: 300,
        tool_token_count: 50,
        total_token_count: 5450,
      }),
      eventAt(4001, 'GenAI operation details', {
        ...common,
        'event.name': 'gen_ai.client.inference.operation.details',
        'gen_ai.request.model': 'gemini-2.5-pro',
        'gen_ai.usage.input_tokens': 5000,
        'gen_ai.usage.output_tokens': 100,
      }),
      eventAt(5000, 'API error for gemini-2.5-pro.', {
        ...common,
        'event.name': 'gemini_cli.api_error',
        error: 'quota',
        error_type: 'QuotaError',
        status_code: 429,
        duration_ms: 310,
      }),
    ]),
    { keyInPath },
  );
  await replay(
    'metrics',
    metricsOf(resource, 'gemini-cli', [
      deltaOf('gemini_cli.token.usage', [
        [5000, { ...common, type: 'input' }],
        [100, { ...common, type: 'output' }],
      ]),
      gaugeOf(60_000, 'gemini_cli.cpu.usage', 12.5, { component: 'agent' }),
      gaugeOf(60_000, 'gemini_cli.memory.usage', 256_000_000, { memory_type: 'rss' }),
    ]),
    { keyInPath },
  );
  await replay(
    'metrics',
    metricsOf(resource, 'gemini-cli', [gaugeOf(0, 'gemini_cli.cpu.usage', 25, { component: 'agent' })]),
    { keyInPath },
  );

  const records = await recordsOf('gemini-cli');
  assert.deepEqual(requestsOf(records), [
    // 1050 * 1.25 + 4000 * 0.125 + 400 * 10 dollars a million
    ['success', 1, null, 'gemini-2.5-pro', 2100, 5050, 400, 4000, null, 300, 0.0058125, 'computed'],
    ['error', 1, null, 'gemini-2.5-pro', 310, null, null, null, null, null, null, null],
  ]);
  const measured = records.filter(({ cpu_usage_percent: cpu }) => cpu !== null);
  assert.deepEqual(
    measured.map((record) => [record.cpu_usage_percent, record.memory_usage_mb]),
    [
      [25, null],
      [12.5, 256],
    ],
  );
  assert.deepEqual(
    (await agentsOf('gemini-cli')).map(({ status }) => status),
    ['up'],
  );
});
