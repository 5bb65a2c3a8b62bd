// An OpenAI-compatible model server: chat completions plain and streamed, embeddings, responses, and errors. What it
// answers is random; its log says what it was, and is what Sentinel's records are compared with.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';

// Every word is one token, as "hello" is to the tokenizers of OpenAI: clients that count for themselves count the same.
const WORD = 'hello';

// A short name is answered by a dated model. Prices are in nano-dollars a token, as OpenAI's price list has them.
const MODELS = {
  'gpt-4o-mini': { dated: 'gpt-4o-mini-2024-07-18', input: 150, cached: 75, output: 600 },
  'o4-mini': { dated: 'o4-mini-2025-04-16', input: 1100, cached: 275, output: 4400, reasons: true },
  'text-embedding-3-small': { dated: 'text-embedding-3-small', input: 20, output: 0 },
};
const CACHED_FROM = 1024; // tokens: shorter prompts are not cached

const wordsOf = (text) => text.split(/\s+/).filter(Boolean).length;

/** Numbers below 1 that are the same for the same seed (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function readJson(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

/**
 * Starts on a free port of 127.0.0.1. Its `log` has one entry a call, in the order of their arrival: model, streamed, status,
 * tokens (input and output inclusive of cached and reasoning), what it costs, and `ms` that it took, `first_ms` to the first
 * token.
 * A prompt "fail 429" is answered with that status.
 */
export async function startModelServer(seed = Math.floor(Math.random() * 1e9)) {
  const random = randomNumbers(seed);
  const between = (low, high) => low + Math.floor(random() * (high - low + 1));
  const log = [];

  function newCall(route, body) {
    const price = MODELS[body.model];
    const prompt = [body.messages?.map((message) => message.content) ?? body.input].flat().join(' ');
    const call = { route, model: price.dated, streamed: body.stream === true };
    const failure = /^fail (\d+)/.exec(prompt);
    if (failure) return { ...call, status: Number(failure[1]) };
    const input = wordsOf(prompt);
    if (route === 'embeddings') return { ...call, status: 200, input, nanodollars: input * price.input };
    const cached = input < CACHED_FROM ? 0 : between(1, input);
    const words = between(3, 40);
    const reasoning = price.reasons ? between(1, 500) : 0;
    const output = words + reasoning;
    const nanodollars = (input - cached) * price.input + cached * price.cached + output * price.output;
    return { ...call, status: 200, input, output, cached, words, reasoning, nanodollars };
  }

  const usageOf = (call) => ({
    prompt_tokens: call.input,
    completion_tokens: call.output,
    total_tokens: call.input + call.output,
    prompt_tokens_details: { cached_tokens: call.cached },
    completion_tokens_details: { reasoning_tokens: call.reasoning },
  });

  function answer(response, status, value) {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  }

  async function stream(response, call, head, began) {
    const usage = usageOf(call);
    const send = (value) => response.write(`data: ${JSON.stringify({ ...head, ...value })}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    call.first_ms = performance.now() - began;
    for (let i = 0; i < call.words; ++i) {
      send({ choices: [{ index: 0, delta: { content: i === 0 ? WORD : ` ${WORD}` }, finish_reason: null }] });
      if (i % 10 === 0) await after(2);
    }
    send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    send({ choices: [], usage });
    call.ms = performance.now() - began;
    response.end('data: [DONE]\n\n');
  }

  async function handle(request, response) {
    const began = performance.now();
    const body = await readJson(request);
    const call = newCall(request.url.replace('/v1/', ''), body);
    log.push(call);
    await after(between(15, 60));
    const id = `chatcmpl-${randomBytes(12).toString('hex')}`;
    const head = {
      id,
      object: 'chat.completion.chunk',
      created: Math.floor(Date.now() / 1000),
      model: call.model,
    };
    if (call.status === 200 && call.streamed) {
      await stream(response, call, head, began);
      return;
    }
    call.ms = performance.now() - began;
    if (call.status !== 200) {
      answer(response, call.status, { error: { message: 'as you wish', type: 'server_error', code: null } });
    } else if (call.route === 'embeddings') {
      const data = [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }];
      const usage = { prompt_tokens: call.input, total_tokens: call.input };
      answer(response, 200, { object: 'list', data, model: call.model, usage });
    } else {
      const message = { role: 'assistant', content: Array(call.words).fill(WORD).join(' '), refusal: null };
      const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
      answer(response, 200, { ...head, object: 'chat.completion', choices, usage: usageOf(call) });
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    log,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
