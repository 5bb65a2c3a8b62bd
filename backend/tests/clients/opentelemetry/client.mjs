// A program that was instrumented by hand with the OpenTelemetry SDK. Where its telemetry goes, how and as whose is said
// by the standard environment variables alone.
import { logs, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { performance } from 'node:perf_hooks';

const sdk = new NodeSDK();
sdk.start();
const tracer = trace.getTracer('shop');
const meter = metrics.getMeter('shop');
const logger = logs.getLogger('shop');
const tokens = meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}' });
const orders = meter.createCounter('shop.orders');
const depth = meter.createGauge('shop.queue.depth');
const open = meter.createUpDownCounter('shop.carts.open');
const took = [];

const ask = async (route, body) => {
  const response = await fetch(`${process.env.MODEL_URL}/${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { status: response.status });
  return response;
};

const chat = (model, words) => ({
  model,
  messages: [{ role: 'user', content: Array(words).fill('hello').join(' ') }],
});

function usageAttributes(operation, { model, id, usage }) {
  const all = {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'openai',
    'gen_ai.response.model': model,
    'gen_ai.response.id': id,
    'gen_ai.usage.input_tokens': usage.prompt_tokens,
    'gen_ai.usage.output_tokens': usage.completion_tokens,
    'gen_ai.usage.cache_read.input_tokens': usage.prompt_tokens_details?.cached_tokens,
    'gen_ai.usage.reasoning.output_tokens': usage.completion_tokens_details?.reasoning_tokens,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function countTokens(operation, { model, usage }) {
  for (const [type, count] of [
    ['input', usage.prompt_tokens],
    ['output', usage.completion_tokens],
  ]) {
    if (count === undefined) continue;
    const attributes = {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.model': model,
    };
    tokens.record(count, { ...attributes, 'gen_ai.token.type': type });
  }
}

/** A call with its span; `read` makes an answer with usage of the response. */
function call(operation, route, body, read = (response) => response.json()) {
  const attributes = {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': body.model,
  };
  const began = performance.now();
  return tracer.startActiveSpan(
    `${operation} ${body.model}`,
    { kind: SpanKind.CLIENT, attributes },
    async (span) => {
      try {
        const answer = await read(await ask(route, body), span, began);
        span.setAttributes(usageAttributes(operation, answer));
        countTokens(operation, answer);
        // The event of the same call, as instrumentation that is newer sends it beside the span.
        logger.emit({
          eventName: 'gen_ai.client.inference.operation.details',
          attributes: usageAttributes(operation, answer),
        });
      } catch (error) {
        if (!error.status) throw error;
        span.setAttributes({ 'error.type': String(error.status) });
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      }
      span.end();
      took.push(performance.now() - began);
      orders.add(3, { channel: 'web' });
      depth.record(7);
      open.add(1);
      await metrics.getMeterProvider().forceFlush(); // so that counters are read more than once
    },
  );
}

async function readStream(response, span, began) {
  let text = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    if (text === '')
      span.setAttribute('gen_ai.response.time_to_first_chunk', (performance.now() - began) / 1000);
    text += part;
  }
  return JSON.parse(
    text
      .split('\n\n')
      .findLast((line) => line.includes('"usage"'))
      .replace('data: ', ''),
  );
}

const step = (operation, attributes, work) =>
  tracer.startActiveSpan(
    operation,
    { attributes: { 'gen_ai.operation.name': operation, ...attributes } },
    async (span) => {
      await work();
      span.end();
    },
  );

await step('invoke_workflow', { 'gen_ai.workflow.name': 'checkout' }, async () => {
  await call('chat', 'chat/completions', chat('gpt-4o-mini', 1400));
  await step(
    'invoke_agent',
    { 'gen_ai.agent.name': 'planner', 'gen_ai.usage.input_tokens': 999_999 },
    async () => {
      await call('chat', 'chat/completions', chat('o4-mini', 1100));
      await step('execute_tool', { 'gen_ai.tool.name': 'search' }, async () => {});
    },
  );
});
await call('chat', 'chat/completions', { ...chat('gpt-4o-mini', 12), stream: true }, readStream);
await call('embeddings', 'embeddings', { model: 'text-embedding-3-small', input: 'hello hello hello' });
await call('chat', 'chat/completions', {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'fail 429' }],
});

// A call that no span tells of, and a log that is none of Sentinel's.
const alone = await (await ask('chat/completions', chat('gpt-4o-mini', 9))).json();
logger.emit({
  eventName: 'gen_ai.client.inference.operation.details',
  attributes: usageAttributes('chat', alone),
});
logger.emit({ body: 'checkout is done', attributes: { 'shop.id': 5 } });

await sdk.shutdown();
console.log(JSON.stringify({ took }));
