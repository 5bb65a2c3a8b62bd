// Whether a page that is open all day grows: an hour's steps, at twenty times the speed.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { CDPSession, Page } from 'playwright-core';
import { CHARTS, openCharts, type Feed } from './feed.ts';

export const SPEED = 20;
const TICKS = Number(process.env.BENCH_HEAP_TICKS ?? 3600);
const PARTS = 8;
/**
 * V8 lets go of code that did not run since the collection before, and compiles it again when it does: with collections
 * that are forced, nearly a megabyte comes and goes.
 */
export const KEEP_CODE = ['--js-flags=--no-flush-bytecode'];
/** Where snapshots of the heap at a quarter and at the end are left, for DevTools to compare. */
const SNAPSHOTS = process.env.BENCH_HEAP_SNAPSHOTS;

export interface HeapSample {
  ticks: number;
  usedBytes: number;
  nodes: number;
  listeners: number;
  /** How often each chart was drawn until then. */
  drawn: number;
}

/** What is due in a second is due in a twentieth of it: the clock of the page, what it asks for and what it forgets. */
export async function hurry(page: Page): Promise<void> {
  await page.addInitScript((speed) => {
    type Timer = (handler: TimerHandler, ms?: number, ...rest: unknown[]) => number;
    const hurried =
      (timer: Timer): Timer =>
      (handler, ms = 0, ...rest) =>
        timer(handler, ms / speed, ...rest);
    Object.assign(window, {
      setTimeout: hurried(window.setTimeout.bind(window)),
      setInterval: hurried(window.setInterval.bind(window)),
    });
  }, SPEED);
}

declare global {
  interface Window {
    /** How often a chart was drawn: each time its canvas is cleared first. */
    drawnTimes: number;
  }
}

async function countDraws(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.drawnTimes = 0;
    const ink = CanvasRenderingContext2D.prototype;
    const { value } = Object.getOwnPropertyDescriptor(ink, 'clearRect') as {
      value: (...numbers: number[]) => void;
    };
    ink.clearRect = function clearRect(...numbers) {
      window.drawnTimes += 1;
      value.apply(this, numbers);
    };
  });
}

async function sample(page: Page, session: CDPSession, ticks: number): Promise<HeapSample> {
  // The second takes what finalizers of the first have let go.
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  const drawn = Math.round((await page.evaluate(() => window.drawnTimes)) / CHARTS);
  return { ticks, usedBytes: usedSize, nodes, listeners: jsEventListeners, drawn };
}

async function saveSnapshot(session: CDPSession, ticks: number): Promise<void> {
  if (!SNAPSHOTS) return;
  const file = createWriteStream(join(SNAPSHOTS, `after-${ticks}.heapsnapshot`));
  const write = ({ chunk }: { chunk: string }): void => void file.write(chunk);
  session.on('HeapProfiler.addHeapSnapshotChunk', write);
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  session.off('HeapProfiler.addHeapSnapshotChunk', write);
  file.end();
  await finished(file);
}

/** Until the feed has sent so many records since `from`. */
async function sent(feed: Feed, from: number, ticks: number): Promise<void> {
  while (feed.newest - from < ticks) {
    feed.check();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The page must have been hurried before it was opened. */
export async function measureHeap(page: Page, url: string, feed: Feed): Promise<HeapSample[]> {
  await feed.start(SPEED);
  await openCharts(page, url, feed.agent);
  await countDraws(page);
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  const from = feed.newest;
  const samples: HeapSample[] = [];
  for (let part = 1; part <= PARTS; part += 1) {
    const ticks = Math.round((TICKS * part) / PARTS);
    await sent(feed, from, ticks);
    samples.push(await sample(page, session, ticks));
    if (part === PARTS / 4 || part === PARTS) await saveSnapshot(session, ticks);
    const last = samples[samples.length - 1];
    if (last)
      console.log(
        `heap after ${ticks} ticks: ${(last.usedBytes / 1e6).toFixed(2)} MB, drawn ${last.drawn} times`,
      );
  }
  await feed.stop();
  return samples;
}

/** How much the heap differs between a quarter of the way and the end. */
export function heapGrowth(samples: readonly HeapSample[]): {
  quarter: HeapSample;
  end: HeapSample;
  share: number;
} {
  const quarter = samples[PARTS / 4 - 1];
  const end = samples[PARTS - 1];
  if (!quarter || !end) throw new Error('the heap was not measured to the end');
  return { quarter, end, share: end.usedBytes / quarter.usedBytes - 1 };
}
