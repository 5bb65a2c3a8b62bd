// OpenLLMetry around the real OpenAI SDK. What it does not tell (version 0.27.0), Sentinel can't know: cached and reasoning
// tokens, and calls that fail, but for streamed responses. The tokens of a stream it counts itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCalls } from './support/calls.mjs';
import { runClient } from './support/client_process.mjs';
import { startModelServer } from './support/model_server.mjs';
import { agentsOf, recordsOf, sentinel, stepsOf, totalOf } from './support/sentinel.mjs';

test('OpenLLMetry: calls, sub-agent, workflow and tool, from TRACELOOP_BASE_URL and TRACELOOP_API_KEY', async () => {
  const service = 'helpdesk';
  const server = await startModelServer();
  const { said } = await runClient('programs/openllmetry.cjs', {
    MODEL_URL: server.url,
    APP_NAME: service,
    TRACELOOP_BASE_URL: sentinel.http,
    TRACELOOP_API_KEY: sentinel.key,
  }).finally(server.stop);

  const [plain, nested, streamed, failed] = server.log;
  const records = await recordsOf(service);
  compareCalls(
    records.filter(({ kind }) => kind === 'request'),
    [
      { ...plain, agent: service },
      { ...nested, agent: `${service}/researcher` },
      { ...streamed, agent: service },
      { ...failed, agent: service },
    ].map((call) => ({ ...call, provider: 'openai', cached: null, reasoning: null })),
    said.took,
  );
  assert.deepEqual(stepsOf(records), [
    ['execute_tool', `${service}/researcher`, 'look-up', 0],
    ['invoke_agent', `${service}/researcher`, null, 0],
    ['invoke_workflow', service, null, 0],
  ]);
  const agents = await agentsOf(service);
  assert.deepEqual(
    agents.map(({ name, status }) => [name, status]),
    [
      [service, 'up'],
      [`${service}/researcher`, 'up'],
    ],
  );
  assert.equal(await totalOf(service, 'requests:sum'), server.log.length);
  assert.equal(await totalOf(service, 'errors:sum'), 1);
});
