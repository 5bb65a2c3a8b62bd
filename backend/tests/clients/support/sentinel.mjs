// What Sentinel has, read as anybody reads it: db-api for agents and records, SQL for counters.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run tools/clients.sh`);
  return value;
}

export const sentinel = {
  http: needed('SENTINEL_URL'), // OTLP over HTTP, and both APIs
  grpc: needed('SENTINEL_GRPC'), // OTLP over gRPC
  key: needed('SENTINEL_KEY'), // of scope ingest
};
const readKey = needed('SENTINEL_READ_KEY');
const sockets = needed('SENTINEL_SOCKETS'); // folder of the socket of the embedded PostgreSQL

export async function get(path) {
  const response = await fetch(`${sentinel.http}${path}`, {
    headers: { authorization: `Bearer ${readKey}` },
  });
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return response.json();
}

/** The agent of a service and those below it, by name. */
export async function agentsOf(service) {
  const { agents } = await get('/api/v1/agents');
  return agents.filter(({ name }) => name === service || name.startsWith(`${service}/`));
}

/** Records of an agent and those below it, oldest first, as objects. */
export async function recordsOf(service) {
  const names = (await agentsOf(service)).map(({ name }) => `&agent=${encodeURIComponent(name)}`);
  assert.ok(names.length > 0, `there is no agent ${service}`);
  const { columns, rows, next_cursor } = await get(`/api/v1/metrics?step=raw&limit=10000${names.join('')}`);
  assert.equal(next_cursor, null);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

/** What an aggregate over a minute and more says, over the agent and those below it: "input_tokens:sum". */
export async function totalOf(service, metric) {
  const names = (await agentsOf(service)).map(({ name }) => `&agent=${encodeURIComponent(name)}`);
  const { series } = await get(`/api/v1/metrics?step=1h&group_by=none&metric=${metric}${names.join('')}`);
  return series[0].values.reduce((total, value) => total + (value ?? 0), 0);
}

/**
 * Steps that are no calls: operation, agent, tool or null, and whether it failed. Sorted, since the ends of nested spans lie
 * closer together than clocks are exact.
 */
export function stepsOf(records) {
  const steps = records.flatMap(({ agent, attributes, custom_metrics: custom }) =>
    Object.keys(custom ?? {})
      .filter((metric) => metric.endsWith('.duration_ms'))
      .map((metric) => metric.replace('.duration_ms', ''))
      .map((operation) => [
        operation,
        agent,
        attributes?.['gen_ai.tool.name'] ?? null,
        custom[`${operation}.errors`],
      ]),
  );
  return steps.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** What the counters of an agent have counted, by name and attributes. */
export async function countersOf(agent) {
  const { stdout } = await run('psql', [
    '-XAtq',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    sockets,
    '-U',
    'sentinel_read',
    '-d',
    'sentinel',
    '-c',
    `SELECT coalesce(json_agg(json_build_object('name', name, 'attributes', attributes, 'readings', readings, 'increase', increase)
             ORDER BY name, attributes::text), '[]')
           FROM (SELECT i.name, i.attributes, count(*) AS readings, sum(i.increase) AS increase
             FROM sentinel.metric_increase i JOIN sentinel.agent a USING (agent_id)
             WHERE a.name = '${agent.replaceAll("'", "''")}' GROUP BY 1, 2) AS counted`,
  ]);
  return JSON.parse(stdout);
}
