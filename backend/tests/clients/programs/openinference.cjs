// A program with OpenInference's instrumentation around the OpenAI SDK; the OpenTelemetry SDK that exports it is set up by
// the standard environment variables.
const { OpenAIInstrumentation } = require('@arizeai/openinference-instrumentation-openai');
const { withSpan } = require('@arizeai/openinference-core');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const sdk = new NodeSDK({ instrumentations: [new OpenAIInstrumentation()] });
sdk.start();

const { OpenAI } = require('openai');
const { converse } = require('./conversation.cjs');

const openai = new OpenAI({ baseURL: process.env.MODEL_URL, apiKey: 'none', maxRetries: 0 });

async function main() {
  const conversation = converse(openai);
  const chain = withSpan(() => conversation.chat('gpt-4o-mini', 1500), { name: 'support', kind: 'CHAIN' });
  const tool = withSpan(() => conversation.chat('o4-mini', 1200), {
    name: 'look-up',
    kind: 'TOOL',
    attributes: { 'tool.name': 'look-up' },
  });
  const agent = (work) =>
    withSpan(work, { name: 'research', kind: 'AGENT', attributes: { 'agent.name': 'researcher' } });
  await chain();
  await agent(tool)();
  await conversation.streamedChat('gpt-4o-mini', 25);
  await conversation.embeddings('text-embedding-3-small', 6);
  await agent(() => conversation.failingChat(500))().catch(() => {});
  await sdk.shutdown();
  console.log(JSON.stringify({ took: conversation.took }));
}

main();
