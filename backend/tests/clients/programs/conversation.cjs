// What people do with the OpenAI SDK, with a stopwatch at each call.
const { performance } = require('node:perf_hooks');

const prompt = (words) => Array(words).fill('hello').join(' ');
const chatOf = (model, content) => ({ model, messages: [{ role: 'user', content }] });

exports.converse = (openai) => {
  const took = [];
  const timed = async (work) => {
    const began = performance.now();
    await work();
    // Instrumentation reads a stream beside the program, and ends its span in the same turn of the loop.
    await new Promise(setImmediate);
    took.push(performance.now() - began);
  };
  const expectFailure = (status, call) =>
    timed(() =>
      call().then(
        () => {
          throw new Error(`the model server should answer ${status}`);
        },
        (error) => {
          if (error.status !== status) throw error;
        },
      ),
    );
  return {
    took,
    chat: (model, words) => timed(() => openai.chat.completions.create(chatOf(model, prompt(words)))),
    embeddings: (model, words) => timed(() => openai.embeddings.create({ model, input: prompt(words) })),
    streamedChat: (model, words) =>
      timed(async () => {
        const options = { stream: true, stream_options: { include_usage: true } };
        const stream = await openai.chat.completions.create({ ...chatOf(model, prompt(words)), ...options });
        for await (const chunk of stream) void chunk;
      }),
    failingChat: async (status) => {
      const call = () => openai.chat.completions.create(chatOf('gpt-4o-mini', `fail ${status}`));
      await expectFailure(status, call);
      throw new Error('as expected');
    },
    failingResponse: (status) =>
      expectFailure(status, () =>
        openai.responses.create({ model: 'gpt-4o-mini', input: `fail ${status}`, stream: true }),
      ),
  };
};
