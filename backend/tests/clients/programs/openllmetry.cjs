// A program with OpenLLMetry around the OpenAI SDK: TRACELOOP_BASE_URL and TRACELOOP_API_KEY say where telemetry goes.
const traceloop = require('@traceloop/node-server-sdk');

traceloop.initialize({ appName: process.env.APP_NAME, silenceInitializationMessage: true });

const { OpenAI } = require('openai');
const { converse } = require('./conversation.cjs');

const openai = new OpenAI({ baseURL: process.env.MODEL_URL, apiKey: 'none', maxRetries: 0 });

async function main() {
  const conversation = converse(openai);
  await traceloop.withWorkflow({ name: 'support' }, async () => {
    await conversation.chat('gpt-4o-mini', 30);
    await traceloop.withAgent({ name: 'researcher' }, async () => {
      await traceloop.withTool({ name: 'look-up' }, async () => conversation.chat('o4-mini', 20));
    });
  });
  await conversation.streamedChat('gpt-4o-mini', 25);
  await conversation.failingResponse(429);
  await traceloop.forceFlush();
  console.log(JSON.stringify({ took: conversation.took }));
}

main();
