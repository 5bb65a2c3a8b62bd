// A small model behind an OpenAI-like HTTP interface: POST /v1/chat/completions, also streaming.
//
// What to do next it decides by rules (does the question want a calculation, a search, the time?); what it says it
// generates token by token from a word trigram model of a bundled text, seeded by the conversation, so that the same
// question gets the same answer. Reading a token and writing a token take time, tokens of a prefix it has read before
// do not, and it serves a few requests at once: load makes it slow, and then it says 429.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const modelName = 'trigram-1';
const readMsPerToken = 0.6;
const writeMsPerToken = 9;
const answerTokensMax = 90;
const slotCount = 2; // answers it writes at once
const queueMax = 2; // and those that wait
const failureEvery = 61; // one answer in so many fails, as hardware does
const prefixesMax = 200;
const bodyBytesMax = 1_000_000;

const tokensOf = (text) => text.match(/[\w'-]+|[^\s\w]/g) ?? [];

class Trigrams {
  #next = new Map();
  #starts = [];
  constructor(text) {
    const tokens = tokensOf(text);
    for (let i = 0; i + 2 < tokens.length; i += 1) {
      const pair = `${tokens[i]} ${tokens[i + 1]}`;
      this.#next.set(pair, [...(this.#next.get(pair) ?? []), tokens[i + 2]]);
      if (i === 0 || /[.!?]/.test(tokens[i - 1])) this.#starts.push([tokens[i], tokens[i + 1]]);
    }
  }

  // Ends at the end of a sentence once half of the length is reached.
  *generate(seed, length) {
    let state = seed;
    const random = (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let [first, second] = this.#starts[random(this.#starts.length)];
    yield first;
    yield second;
    for (let count = 2; count < length; count += 1) {
      const choices = this.#next.get(`${first} ${second}`) ?? this.#starts[random(this.#starts.length)];
      [first, second] = [second, choices[random(choices.length)]];
      yield second;
      if (count > length / 2 && /[.!?]/.test(second)) return;
    }
  }
}

// Conversations grow at the end: what was read before is known by the hash of the messages up to there.
class PrefixCache {
  #known = new Map();
  // Gives the tokens of the longest prefix that was read before, and remembers all prefixes of this one.
  read(messages) {
    const hash = createHash('sha256');
    let tokens = 0;
    let cached = 0;
    for (const message of messages) {
      hash.update(JSON.stringify(message));
      tokens += countTokens(message);
      const key = hash.copy().digest('base64');
      if (this.#known.delete(key)) cached = tokens;
      this.#known.set(key, true);
    }
    while (this.#known.size > prefixesMax) this.#known.delete(this.#known.keys().next().value);
    return { tokens, cached };
  }
}

function countTokens(message) {
  return (
    4 + tokensOf(message.content ?? '').length + tokensOf(JSON.stringify(message.tool_calls ?? '')).length
  );
}

// Which tool the question wants, or nothing when all that was asked for is there.
function nextToolCall(messages) {
  const question = messages.findLast((message) => message.role === 'user')?.content ?? '';
  const done = new Set(
    messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.function.name),
  );
  const sum = question.match(/[\d(][\d\s.()+*/-]*[+*/-][\d\s.()+*/-]*\d\)?/)?.[0].trim();
  if (sum && !done.has('calculator')) return ['calculator', { expression: sum }];
  const word = question.match(/(?:mentions?|contains?) "([^"]+)"/)?.[1];
  if (word && !done.has('search_files')) return ['search_files', { text: word }];
  if (/what time|which day|how late/i.test(question) && !done.has('clock')) return ['clock', {}];
  return undefined;
}

const model = new Trigrams(await readFile(new URL('../shared/alice.txt', import.meta.url), 'utf8'));
const prefixes = new PrefixCache();
let requestCount = 0;
let active = 0;
const queue = [];

async function takeSlot() {
  if (active < slotCount) active += 1;
  else await new Promise((resolve) => queue.push(resolve));
}

function freeSlot() {
  const next = queue.shift();
  if (next) next();
  else active -= 1;
}

// The answer in pieces, each at the time at which the model has it.
async function* think(messages, toolsOffered, id) {
  const { tokens, cached } = prefixes.read(messages);
  await delay((tokens - cached) * readMsPerToken);
  const usage = {
    prompt_tokens: tokens,
    completion_tokens: 0,
    prompt_tokens_details: { cached_tokens: cached },
  };
  const wanted = toolsOffered ? nextToolCall(messages) : undefined;
  if (wanted) {
    const [name, values] = wanted;
    const call = {
      id: `call_${id}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(values) },
    };
    usage.completion_tokens = tokensOf(JSON.stringify(call.function)).length;
    await delay(usage.completion_tokens * writeMsPerToken);
    yield { delta: { tool_calls: [call] }, usage, finish: 'tool_calls' };
    return;
  }
  const results = messages.filter((message) => message.role === 'tool').map((message) => message.content);
  if (results.length > 0) yield { delta: { content: `What I found: ${results.join('; ')}.` }, usage };
  usage.completion_tokens += results.reduce((sum, text) => sum + tokensOf(text).length, 0);
  const seed = createHash('sha256').update(JSON.stringify(messages)).digest().readUInt32LE();
  for (const token of model.generate(seed, 15 + (seed % answerTokensMax))) {
    await delay(writeMsPerToken);
    usage.completion_tokens += 1;
    yield { delta: { content: /^[,.;:!?)]/.test(token) ? token : ` ${token}` }, usage };
  }
  yield { delta: {}, usage, finish: 'stop' };
}

async function answer(request, body, response) {
  const { messages, tools, stream } = JSON.parse(body);
  requestCount += 1;
  const id = String(requestCount);
  if (active >= slotCount && queue.length >= queueMax) {
    return sendError(response, 429, 'too many requests at once', { 'retry-after': '1' });
  }
  await takeSlot();
  try {
    if (requestCount % failureEvery === 0) {
      await delay(200);
      return sendError(response, 500, 'the accelerator did not answer');
    }
    const message = { role: 'assistant', content: '' };
    let last;
    if (stream) response.writeHead(200, { 'content-type': 'text/event-stream' });
    for await (const piece of think(messages, Array.isArray(tools), id)) {
      if (response.destroyed) return undefined;
      last = piece;
      message.content += piece.delta.content ?? '';
      if (piece.delta.tool_calls) message.tool_calls = piece.delta.tool_calls;
      if (stream) sendChunk(response, id, piece);
    }
    if (stream) return response.end('data: [DONE]\n\n');
    const choice = { index: 0, message, finish_reason: last.finish };
    return sendJson(response, 200, {
      id,
      object: 'chat.completion',
      model: modelName,
      choices: [choice],
      usage: last.usage,
    });
  } finally {
    freeSlot();
  }
}

function sendChunk(response, id, { delta, finish, usage }) {
  const choice = { index: 0, delta, finish_reason: finish ?? null };
  const chunk = {
    id,
    object: 'chat.completion.chunk',
    model: modelName,
    choices: [choice],
    ...(finish && { usage }),
  };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

function sendError(response, status, message, headers = {}) {
  sendJson(response, status, { error: { message } }, headers);
}

async function handle(request, response) {
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions')
    return sendError(response, 404, 'not here');
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > bodyBytesMax) return sendError(response, 413, 'the body is too long');
  }
  return answer(request, body, response);
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    if (response.headersSent) response.destroy();
    else sendError(response, 400, error.message);
  });
});
server.listen(Number(process.env.MODEL_PORT ?? 0), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(`model server: ${url}`);
  process.send?.({ url });
});
// Without whoever started it, it ends too.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
