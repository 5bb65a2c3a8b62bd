// OpenInference's instrumentation around the real OpenAI SDK. What it does not tell (version 4.2.7), Sentinel can't know:
// tokens of streams and embeddings, and a call that fails, but as the failure of the agent's span around it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCalls } from './support/calls.mjs';
import { runClient } from './support/client_process.mjs';
import { startModelServer } from './support/model_server.mjs';
import { agentsOf, recordsOf, sentinel, stepsOf } from './support/sentinel.mjs';

test('OpenInference: calls with cached and reasoning tokens, sub-agent and tool, from the standard environment', async () => {
  const service = 'library';
  const server = await startModelServer();
  const { said } = await runClient('programs/openinference.cjs', {
    MODEL_URL: server.url,
    OTEL_SERVICE_NAME: service,
    OTEL_EXPORTER_OTLP_ENDPOINT: sentinel.http,
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer ${sentinel.key}`,
    OTEL_LOG_LEVEL: 'warn',
    OTEL_BSP_SCHEDULE_DELAY: '60000', // one export: on a busy machine, too, an agent's calls come with its span
  }).finally(server.stop);

  const [plain, nested, streamed, embeddings] = server.log;
  const untold = { input: null, output: null, cached: null, reasoning: null, nanodollars: undefined };
  const records = await recordsOf(service);
  compareCalls(
    records.filter(({ kind }) => kind === 'request'),
    [
      { ...plain, agent: service },
      { ...nested, agent: `${service}/researcher` },
      { ...streamed, ...untold, agent: service, model: 'gpt-4o-mini' },
      { ...embeddings, ...untold, agent: service },
    ].map((call) => ({ ...call, provider: 'openai' })),
    said.took,
  );
  assert.deepEqual(stepsOf(records), [
    ['execute_tool', `${service}/researcher`, 'look-up', 0],
    ['invoke_agent', `${service}/researcher`, null, 0],
    ['invoke_agent', `${service}/researcher`, null, 1],
  ]);
  const agents = await agentsOf(service);
  assert.deepEqual(
    agents.map(({ name, status }) => [name, status]),
    [
      [service, 'up'],
      [`${service}/researcher`, 'up'],
    ],
  );
});
