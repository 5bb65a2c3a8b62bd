// Load for the tests of containers: records 1, 2, 3, ... of one agent, each sent again under its record_id until it is
// acknowledged. SIGTERM ends it after the last acknowledgement, and prints how many there are.
//   node containers_load.mjs URL KEY AGENT PROGRESS_FILE
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const [url, key, agentName, progressFile] = process.argv.slice(2);
const senders = 8;
const answerMaxMs = 10_000;
const keepAlive = new Agent({ keepAlive: true, maxSockets: senders });
const answers = {};
let next = 0;
let acknowledged = 0;
let asked = false;

function post(body) {
  return new Promise((resolve) => {
    const sent = request(
      `${url}/api/v1/metrics`,
      {
        method: 'POST',
        agent: keepAlive,
        timeout: answerMaxMs,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode));
        answer.on('error', () => resolve(0));
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

async function send() {
  while (!asked) {
    next += 1;
    const body = JSON.stringify({ agent_id: agentName, record_id: `load-${agentName}-${next}`, input_tokens: next, latency_ms: 1 });
    for (;;) {
      const status = await post(body);
      answers[status] = (answers[status] ?? 0) + 1;
      if (status === 201 || status === 202) break;
      // A record that is wrong would be sent for ever.
      if (status >= 400 && status < 500 && status !== 429) throw new Error(`refused with ${status}`);
      await delay(50);
    }
    acknowledged += 1;
    await delay(20);
  }
}

process.on('SIGTERM', () => (asked = true));
const progress = setInterval(() => writeFileSync(progressFile, String(acknowledged)), 200);
await Promise.all(Array.from({ length: senders }, send));
clearInterval(progress);
writeFileSync(progressFile, String(acknowledged));
process.stderr.write(`answers: ${JSON.stringify(answers)}\n`);
console.log(acknowledged);
process.exit(0);
