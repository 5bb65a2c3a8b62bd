// Works through a list of tasks, for ever: asks the model what to do, runs the tools it wants, and asks again until there
// is an answer. Every call of the model becomes one record in Sentinel, whatever came of it.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SentinelClient } from '../shared/sentinel-client.mjs';
import { toolDescriptions, tools } from './tools.mjs';

const version = '1.4.0';
const agentName = process.env.SENTINEL_AGENT ?? 'node-agent';
const pauseMs = Number(process.env.AGENT_PAUSE_MS ?? 2_500); // between two tasks, on average
const stepsMax = 6;
const triesMax = 3;
const helperEvery = 7; // every so many tasks, four at once: then the model is busy
// What a provider would ask for a small model, in dollars per million tokens. Input counts include cached tokens.
const price = { input: 0.15, cached: 0.075, output: 0.6 };

const questions = [
  () => `How much is ${number(10, 99)} * ${number(10, 99)} + ${number(1, 500)}?`,
  () => 'Which of your files mentions "calculator"? And what time is it?',
  () =>
    `A page costs ${number(1, 9)}.5 cents. What do (${number(2, 9)} + ${number(2, 9)}) * ${number(2, 40)} of them cost?`,
  () => 'Tell me a story about a rabbit that is late.',
  () => 'Which file mentions "retry"?',
  () => 'Which day is it, and what should I read today?',
  () =>
    `Is ${number(1000, 9999)} / ${number(2, 9)} more than ${number(100, 900)}? Which file mentions "parser"?`,
  () => 'What did Alice find on the table? Answer in two sentences.',
  () => 'How late is it? Then describe a very deep well.',
];

const stopping = new AbortController();
const sentinel = new SentinelClient({ agent: agentName });
const number = (min, max) => min + Math.floor(Math.random() * (max - min + 1));
const hex = (bytes) => randomBytes(bytes).toString('hex');
const wait = (ms) => sleep(ms, undefined, { signal: stopping.signal });

function costUsd({ prompt_tokens, completion_tokens, prompt_tokens_details }) {
  const cached = prompt_tokens_details.cached_tokens;
  const dollars =
    (prompt_tokens - cached) * price.input + cached * price.cached + completion_tokens * price.output;
  return Number((dollars / 1e6).toFixed(9));
}

// Our own model server, unless MODEL_URL names another one.
async function startModel() {
  if (process.env.MODEL_URL) return process.env.MODEL_URL;
  const child = fork(new URL('./model-server.mjs', import.meta.url));
  child.on('exit', () => {
    if (!stopping.signal.aborted) fail(new Error('the model server ended'));
  });
  return new Promise((resolve) => child.once('message', ({ url }) => resolve(url)));
}

// One call: the message of the model, and the record of the call.
async function callModel(modelUrl, messages, traceId, stream) {
  const begun = performance.now();
  const record = {
    model: 'trigram-1',
    provider: 'local',
    trace_id: traceId,
    span_id: hex(8),
    process_id: process.pid,
  };
  try {
    const response = await fetch(`${modelUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'trigram-1', messages, tools: toolDescriptions, stream }),
      signal: stopping.signal,
    });
    if (!response.ok) {
      const error = new Error(
        `the model answered ${response.status}: ${(await response.json()).error.message}`,
      );
      throw Object.assign(error, {
        status: response.status,
        retryAfterS: Number(response.headers.get('retry-after')),
      });
    }
    const { message, usage, firstTokenAt } = stream
      ? await readStream(response)
      : readAnswer(await response.json());
    Object.assign(record, {
      status: 'success',
      input_tokens: usage.prompt_tokens,
      cache_read_tokens: usage.prompt_tokens_details.cached_tokens,
      output_tokens: usage.completion_tokens,
      cost_usd: costUsd(usage),
    });
    if (firstTokenAt) record.ttft_ms = milliseconds(firstTokenAt - begun);
    return message;
  } catch (error) {
    record.status = 'error';
    record.attributes = { http_status: error.status ?? 0 };
    throw error;
  } finally {
    record.latency_ms = milliseconds(performance.now() - begun);
    record.attributes = { ...record.attributes, stream, messages: messages.length, version };
    if (!stopping.signal.aborted) sentinel.record(record);
  }
}

const milliseconds = (value) => Number(value.toFixed(3));

function readAnswer({ choices, usage }) {
  return { message: choices[0].message, usage };
}

async function readStream(response) {
  const message = { role: 'assistant', content: '' };
  let usage;
  let firstTokenAt;
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      firstTokenAt ??= performance.now();
      const chunk = JSON.parse(line.slice('data: '.length));
      const { delta } = chunk.choices[0];
      message.content += delta.content ?? '';
      if (delta.tool_calls) message.tool_calls = delta.tool_calls;
      usage = chunk.usage ?? usage;
    }
  }
  if (!usage) throw new Error('the model stopped in the middle of an answer');
  return { message, usage, firstTokenAt };
}

// A busy or failing model is asked again, a little later each time.
async function askWithRetries(modelUrl, messages, traceId) {
  const stream = Math.random() < 0.6;
  for (let tries = 1; ; tries += 1) {
    try {
      return await callModel(modelUrl, messages, traceId, stream);
    } catch (error) {
      if (stopping.signal.aborted || tries === triesMax) throw error;
      await wait((error.retryAfterS || 0.3 * 2 ** tries) * 1_000);
    }
  }
}

async function runTool({ id, function: { name, arguments: text } }) {
  let content;
  try {
    content = await tools[name](JSON.parse(text));
  } catch (error) {
    content = `${name} failed: ${error.message}`;
  }
  return { role: 'tool', tool_call_id: id, content };
}

async function solve(modelUrl, question) {
  const traceId = hex(16);
  const messages = [
    {
      role: 'system',
      content: 'You are a careful assistant. Use a tool whenever a question can be answered by one.',
    },
    { role: 'user', content: question },
  ];
  for (let step = 0; step < stepsMax; step += 1) {
    const message = await askWithRetries(modelUrl, messages, traceId);
    messages.push(message);
    if (!message.tool_calls) return message.content.trim();
    for (const call of message.tool_calls) messages.push(await runTool(call));
  }
  throw new Error(`no answer after ${stepsMax} steps`);
}

async function solveAndTell(modelUrl, question) {
  try {
    const answer = await solve(modelUrl, question);
    console.log(`${question}\n  ${answer.slice(0, 160)}`);
  } catch (error) {
    if (stopping.signal.aborted) return;
    console.error(`${question}\n  failed: ${error.message}`);
    sentinel.event('error', `${question}: ${error.message}`, { version });
  }
}

function fail(error) {
  console.error(`node-agent: ${error.message}`);
  sentinel.event('error', error.message, { version });
  sentinel.close().finally(() => process.exit(1));
}

async function main() {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stopping.abort());
  const modelUrl = await startModel();
  // The same id for the same version: a restart within the day is no new deployment.
  sentinel.event('deployed', `version ${version}`, { version }, `deployed ${version}`);
  for (let task = 0; !stopping.signal.aborted; task += 1) {
    const atOnce = task % helperEvery === helperEvery - 1 ? 4 : 1;
    const chosen = Array.from({ length: atOnce }, (_, index) =>
      questions[(task + index) % questions.length](),
    );
    await Promise.all(chosen.map((question) => solveAndTell(modelUrl, question)));
    await wait(pauseMs * (0.5 + Math.random())).catch(() => {});
  }
  const undelivered = await sentinel.close();
  if (undelivered > 0) console.error(`node-agent: ${undelivered} records could not be delivered`);
  process.exit(0);
}

main().catch(fail);
