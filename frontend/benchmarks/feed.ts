// One agent that measures everything, so that its page has twelve charts.
import type { Page } from 'playwright-core';

/** The charts of an agent page and those of three custom metrics. */
export const CHARTS = 12;
/** The custom metric that counts ticks: its newest value tells which was drawn last. */
export const TICK = 'custom.tick';
const HISTORY_S = 300;

/** A tick is a request and, as of a collector, a sample: of an agent without samples nobody knows how often it measures. */
function tickOf(agent: string, number: number, atMs: number): Record<string, unknown>[] {
  const turn = number % 60;
  const level = turn < 30 ? turn : 60 - turn;
  const common = { agent_id: agent, timestamp: new Date(atMs).toISOString() };
  return [
    {
      ...common,
      kind: 'request',
      status: number % 40 === 0 ? 'error' : 'success',
      latency_ms: 200 + 12 * level + (number % 7),
      throughput_req_per_min: 30 + level,
      cost_usd: 0.002 + 0.0001 * level,
      model: 'gpt-5',
      input_tokens: 900 + 20 * level,
      output_tokens: 120 + level,
      cache_read_tokens: 300,
      cache_write_tokens: 40,
    },
    {
      ...common,
      kind: 'sample',
      cpu_usage_percent: 20 + 2 * level,
      gpu_usage_percent: 35 + level,
      memory_usage_mb: 700 + level,
      gpu_memory_usage_mb: 5000 + 20 * level,
      custom_metrics: { tick: number, queue_depth: level, temperature: 40 + level / 2 },
    },
  ];
}

export class Feed {
  /** The number of the newest tick that is stored. */
  newest = 0;
  /** When which tick was sent. */
  readonly sentAt = new Map<number, number>();
  readonly agent: string;
  private readonly url: string;
  private readonly key: string;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> = Promise.resolve();
  private failure: unknown = null;

  constructor(url: string, key: string, agent: string) {
    this.agent = agent;
    this.url = url;
    this.key = key;
  }

  private async send(ticks: Record<string, unknown>[][]): Promise<void> {
    const answer = await fetch(new URL('/api/v1/metrics', this.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(ticks.flat()),
    });
    if (answer.status !== 201)
      throw new Error(`a tick was answered ${answer.status}: ${await answer.text()}`);
    this.newest += ticks.length;
  }

  /** Five minutes that are past: charts are full from the beginning. */
  private async sendHistory(): Promise<void> {
    const firstMs = Date.now() - HISTORY_S * 1000;
    await this.send(
      Array.from({ length: HISTORY_S }, (_, index) => tickOf(this.agent, index + 1, firstMs + index * 1000)),
    );
  }

  /** After a history so many ticks a second, each in the middle of its share of it: each second has as many. */
  async start(perSecond: number): Promise<void> {
    await this.sendHistory();
    const gapMs = 1000 / perSecond;
    const next = (): void => {
      const waitMs = gapMs - ((Date.now() + gapMs / 2) % gapMs);
      this.timer = setTimeout(() => {
        const atMs = Date.now();
        this.sending = this.sending
          .then(() => {
            this.sentAt.set(this.newest + 1, atMs);
            return this.send([tickOf(this.agent, this.newest + 1, atMs)]);
          })
          .catch((error: unknown) => {
            this.failure ??= error;
          });
        next();
      }, waitMs);
    };
    next();
  }

  /** Throws what the sending of a tick threw. */
  check(): void {
    if (this.failure !== null) throw this.failure as Error;
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.sending;
    this.check();
  }
}

/** Every second has a bucket of its own only where the agent is known to measure once a second. */
async function judgeBySecond(page: Page, agent: string): Promise<void> {
  const known = await page.evaluate(async (name) => {
    const body = JSON.stringify({ interval_s: 1 });
    const headers = { 'content-type': 'application/json' };
    await fetch('/api/v1/configuration', { method: 'POST', headers, body });
    const answer = await fetch(`/api/v1/agents/${name}`);
    return ((await answer.json()) as { interval_s: number }).interval_s;
  }, agent);
  if (known !== 1) throw new Error(`the agent is known to measure every ${known} s, not every second`);
}

/** The agent's page with all charts drawn. Its history must be there. */
export async function openCharts(page: Page, url: string, agent: string): Promise<void> {
  await judgeBySecond(page, agent);
  await page.goto(new URL(`/agents/${agent}?start=now-5m`, url).href);
  await page.waitForSelector('[data-live="live"]');
  // A bucket of each second, in every chart.
  await page.waitForFunction(
    ([charts, seconds]) => {
      const figures = [...document.querySelectorAll('figure:has(canvas)')];
      const full = figures.filter((figure) => Number(figure.getAttribute('data-points')) >= seconds - 5);
      return full.length === charts;
    },
    [CHARTS, HISTORY_S] as const,
  );
}

/** The newest tick that the page tells of, by the number in the title of its chart. */
export function drawnTick(page: Page): Promise<number> {
  return page
    .locator(`figure[data-metric="${TICK}"]`)
    .evaluate((figure) =>
      Number(/([\d,]+)$/.exec(figure.getAttribute('aria-label') ?? '')?.[1]?.replace(/,/g, '')),
    );
}
