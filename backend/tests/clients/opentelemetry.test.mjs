// The OpenTelemetry JS SDK, configured by the environment variables of the specification and nothing else.
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, test } from 'node:test';
import { compareCalls } from './support/calls.mjs';
import { runClient } from './support/client_process.mjs';
import { startModelServer } from './support/model_server.mjs';
import { agentsOf, countersOf, recordsOf, sentinel, stepsOf, totalOf } from './support/sentinel.mjs';

// The same conversation each time: only the way differs that it is told of.
const seed = 1 + Math.floor(Math.random() * 1e9);
const stored = new Map();

const kept = [
  'kind',
  'status',
  'request_count',
  'cost_usd',
  'cost_source',
  'provider',
  'model',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'host',
];

/** Requests without what two runs of one conversation differ in. */
const comparable = (records, service) =>
  records
    .filter(({ kind }) => kind === 'request')
    .map((record) => [
      record.agent.replace(service, ''),
      record.attributes,
      ...kept.map((name) => record[name]),
    ]);

const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);

async function storesTheConversation(protocol, endpoint, temporality, compression) {
  const service = `shop-${protocol.replace('/', '-')}-${temporality}`;
  const server = await startModelServer(seed);
  const { pid, said } = await runClient('opentelemetry/client.mjs', {
    MODEL_URL: server.url,
    OTEL_SERVICE_NAME: service,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer ${sentinel.key}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_LOG_LEVEL: 'warn',
    OTEL_BSP_SCHEDULE_DELAY: '60000', // one export: on a busy machine, too, an agent's calls come with its span
  }).finally(server.stop);

  const records = await recordsOf(service);
  const requests = records.filter(({ kind }) => kind === 'request');
  const expected = server.log.map((call, i) => ({
    ...call,
    agent: i === 1 ? `${service}/planner` : service,
    provider: 'openai',
  }));
  compareCalls(requests.slice(0, 5), expected.slice(0, 5), said.took);
  compareCalls(requests.slice(5), expected.slice(5)); // told of by an event alone, which has no duration
  assert.equal(
    requests[2].ttft_ms >= server.log[2].first_ms - 1 && requests[2].ttft_ms <= requests[2].latency_ms,
    true,
  );
  assert.equal(requests[4].attributes['error.type'], '429');

  // Spans, histograms and events told of the same calls, and an agent's span repeats its tokens.
  assert.equal(await totalOf(service, 'requests:sum'), server.log.length);
  assert.equal(await totalOf(service, 'input_tokens:sum'), sum(server.log.map(({ input }) => input)));
  assert.equal(await totalOf(service, 'output_tokens:sum'), sum(server.log.map(({ output }) => output)));

  // What is no call: a workflow, an agent and its tool, and levels.
  assert.deepEqual(stepsOf(records), [
    ['execute_tool', `${service}/planner`, 'search', 0],
    ['invoke_agent', `${service}/planner`, null, 0],
    ['invoke_workflow', service, null, 0],
  ]);
  const levels = (metric) =>
    records.map(({ custom_metrics: custom }) => custom?.[metric]).filter((value) => value !== undefined);
  assert.deepEqual([...new Set(levels('shop.queue.depth'))], [7]);
  assert.equal(levels('shop.carts.open').at(-1), 5);

  const counters = await countersOf(service);
  const counted = (name, wanted = {}) =>
    sum(
      counters
        .filter(
          (counter) =>
            counter.name === name &&
            Object.entries(wanted).every(([key, value]) => counter.attributes[key] === value),
        )
        .map(({ increase }) => increase),
    );
  const spanned = server.log.slice(0, 5);
  assert.equal(counted('shop.orders', { channel: 'web' }), 15);
  assert.ok(counters.find(({ name }) => name === 'shop.orders').readings > 1);
  assert.equal(
    counted('gen_ai.client.token.usage.sum', { 'gen_ai.token.type': 'input' }),
    sum(spanned.map(({ input }) => input)),
  );
  assert.equal(
    counted('gen_ai.client.token.usage.sum', { 'gen_ai.token.type': 'output' }),
    sum(spanned.map(({ output }) => output)),
  );
  assert.equal(counted('gen_ai.client.token.usage.count'), 7);

  for (const record of records) {
    assert.equal(record.host, hostname());
    assert.equal(record.process_id, pid);
  }
  const agents = await agentsOf(service);
  assert.deepEqual(
    agents.map(({ name, status }) => [name, status]),
    [
      [service, 'up'],
      [`${service}/planner`, 'up'],
    ],
  );
  stored.set(service, comparable(records, service));
}

const cases = [
  ['http/protobuf', sentinel.http, 'cumulative', 'none'],
  ['http/protobuf', sentinel.http, 'delta', 'gzip'],
  ['http/json', sentinel.http, 'cumulative', 'gzip'],
  ['http/json', sentinel.http, 'delta', 'none'],
  ['grpc', sentinel.grpc, 'cumulative', 'none'],
  ['grpc', sentinel.grpc, 'delta', 'gzip'],
];
for (const [protocol, endpoint, temporality, compression] of cases) {
  test(`OpenTelemetry SDK: ${protocol}, ${temporality}, compression ${compression}`, () =>
    storesTheConversation(protocol, endpoint, temporality, compression));
}

test('OpenTelemetry SDK: every protocol gives the same records', () => {
  assert.equal(stored.size, cases.length);
  const [first, ...others] = stored.values();
  for (const other of others) assert.deepEqual(other, first);
});

after(() => console.log(`the model server's seed was ${seed}`));
