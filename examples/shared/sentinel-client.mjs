// Reports to Sentinel without making the agent wait: records and events queue up in memory and go out in batches.
// What could not be delivered is sent again under the same record_id or event_id, so nothing is lost while the server
// is away and nothing counts twice when it is back. The queue is bounded: in a long outage the oldest go first.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

const queueMax = 10_000;
const batchMax = 500;
const flushEveryMs = 1_000;
const pauseMaxMs = 30_000;
const requestTimeoutMs = 10_000;

export class SentinelClient {
  #url;
  #key;
  #agent;
  #queues = { '/api/v1/metrics': [], '/api/v1/events': [] };
  #lost = 0;
  #failing = false;
  #pauseMs = 0;
  #timer;
  #sending = Promise.resolve();

  constructor({
    url = process.env.SENTINEL_URL ?? 'http://127.0.0.1:8000',
    key = process.env.SENTINEL_KEY ?? '',
    agent,
  }) {
    this.#url = url.replace(/\/$/, '');
    this.#key = key;
    this.#agent = agent;
    this.#schedule(flushEveryMs);
  }

  // Fields as in contracts/metrics-api.openapi.yaml. The key is made here, once, and kept over every retry.
  record(fields) {
    this.#add('/api/v1/metrics', { record_id: randomUUID(), ...fields });
  }

  event(type, message, attributes = {}, eventId = randomUUID()) {
    this.#add('/api/v1/events', { event_id: eventId, type, message, attributes });
  }

  // Sends what is left, for at most so long; gives the number of items that could not be delivered.
  async close(timeoutMs = 3_000) {
    clearTimeout(this.#timer);
    const end = Date.now() + timeoutMs;
    await Promise.race([this.#sending, delay(timeoutMs)]);
    while (this.#waiting() > 0 && Date.now() < end) {
      await this.#flush(Math.max(end - Date.now(), 1));
      if (this.#failing) await delay(Math.min(300, Math.max(end - Date.now(), 0)));
    }
    return this.#waiting() + this.#lost;
  }

  #add(path, item) {
    const queue = this.#queues[path];
    if (queue.length >= queueMax) {
      queue.shift();
      this.#lost += 1;
    }
    queue.push({ agent_id: this.#agent, timestamp: new Date().toISOString(), ...item });
  }

  #waiting() {
    return Object.values(this.#queues).reduce((sum, queue) => sum + queue.length, 0);
  }

  #schedule(pauseMs) {
    this.#timer = setTimeout(() => {
      this.#sending = this.#flush(requestTimeoutMs).then(() =>
        this.#schedule(Math.max(this.#pauseMs, flushEveryMs)),
      );
    }, pauseMs);
    this.#timer.unref();
  }

  async #flush(timeoutMs) {
    for (const [path, queue] of Object.entries(this.#queues)) {
      while (queue.length > 0) {
        const batch = queue.slice(0, batchMax);
        if (!(await this.#send(path, batch, timeoutMs))) return;
        // Meanwhile a full queue may have dropped some of these.
        const sent = new Set(batch);
        queue.splice(0, queue.length, ...queue.filter((item) => !sent.has(item)));
      }
    }
  }

  // True when the batch is done with: stored, or refused for good.
  async #send(path, batch, timeoutMs) {
    let response;
    try {
      response = await fetch(this.#url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#key}` },
        body: JSON.stringify(batch),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      return this.#later(error.cause?.code ?? error.message);
    }
    const answer = await response.json().catch(() => ({}));
    const temporary = response.status === 429 || response.status >= 500;
    // A key may yet be given to us, or its rights changed: nothing is thrown away for it.
    if (temporary || response.status === 401 || response.status === 403) {
      return this.#later(
        `${response.status} ${answer.detail ?? ''}`,
        Number(response.headers.get('retry-after')) * 1_000,
      );
    }
    for (const { field, reason } of answer.rejected ?? []) this.#log(`refused: ${field}: ${reason}`);
    if (!response.ok && !answer.rejected) this.#log(`refused: ${response.status} ${answer.detail ?? ''}`);
    if (this.#failing) this.#log('reachable again');
    this.#failing = false;
    this.#pauseMs = 0;
    return true;
  }

  #later(reason, wantedMs = 0) {
    if (!this.#failing)
      this.#log(`not delivered (${reason.trim()}); trying again, ${this.#waiting()} waiting`);
    this.#failing = true;
    this.#pauseMs = wantedMs || Math.min(Math.max(this.#pauseMs * 2, flushEveryMs), pauseMaxMs);
    return false;
  }

  #log(text) {
    console.error(`sentinel: ${text}`);
  }
}
