// The largest paint of the fleet page, opened by somebody who has never been there.
import type { Browser, BrowserContext } from 'playwright-core';
import { signedIn, type Server } from './stack.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 5);

export interface Paint {
  range: string;
  largestMs: number[];
  firstMs: number[];
  /** What the largest paint was of. */
  element: string;
}

interface PaintEntry {
  ms: number;
  element: string;
}

declare global {
  interface Window {
    largest: PaintEntry;
  }
}

interface OnePaint extends PaintEntry {
  firstMs: number;
}

async function paintOnce(context: BrowserContext, address: string, agents: number): Promise<OnePaint> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { element } = entry as PerformanceEntry & { element?: Element };
        const words = (element?.textContent ?? '').trim().slice(0, 40);
        window.largest = { ms: entry.startTime, element: `${element?.localName ?? 'nothing'} "${words}"` };
      }
    }).observe({ type: 'largest-contentful-paint', buffered: true });
  });
  await page.goto(address);
  // All rows, and the histories, which come in one answer; an agent that was never seen has none. Nothing larger can come.
  await page.waitForFunction((count) => {
    const rows = [...document.querySelectorAll('[data-agent]')];
    const drawn = rows.filter((row) => row.querySelector('svg[data-points]:not([data-points="0"])'));
    return rows.length === count && drawn.length > count / 2;
  }, agents);
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  const paint = await page.evaluate(() => ({
    ...window.largest,
    firstMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  }));
  await page.close();
  return paint;
}

export async function measurePaint(
  browser: Browser,
  server: Server,
  agents: number,
  ranges: readonly string[],
): Promise<Paint[]> {
  const newWindow = await signedIn(browser, server);
  const paints: Paint[] = [];
  for (const range of ranges) {
    const address = new URL(range === '' ? '/' : `/?start=${range}`, server.url).href;
    const runs: OnePaint[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const context = await newWindow();
      runs.push(await paintOnce(context, address, agents));
      await context.close();
    }
    paints.push({
      range: range === '' ? 'the usual hour' : range,
      largestMs: runs.map((run) => run.ms),
      firstMs: runs.map((run) => run.firstMs),
      element: runs[0]?.element ?? '',
    });
    console.log(`largest paint, ${range || 'now-1h'}: ${runs.map((run) => run.ms.toFixed(0)).join(', ')} ms`);
  }
  return paints;
}
