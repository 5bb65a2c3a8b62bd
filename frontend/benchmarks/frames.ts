// Frames while everything moves: twelve charts live at one step a second and a pointer that wanders over them.
import type { CDPSession, Page } from 'playwright-core';
import { drawnTick, openCharts, TICK, type Feed } from './feed.ts';
import { quantile } from './statistics.ts';

export const MOVES = 200;
const SECONDS = Number(process.env.BENCH_FRAME_SECONDS ?? 20);

interface Watched {
  frames: number[];
  tasks: number[];
  /** When which record was drawn, by the clock. */
  draws: [number, number][];
}

declare global {
  interface Window {
    watched: Watched;
  }
}

export interface FrameFigures {
  seconds: number;
  frames: number;
  frameP50Ms: number;
  frameP95Ms: number;
  longestFrameMs: number;
  longestTaskMs: number;
  tasksOver50: number;
  scriptShare: number;
  styleShare: number;
  layoutShare: number;
  /** Everything on the page's main thread, the painting too. */
  taskShare: number;
  /** From the record's own time, which is when it was sent. */
  drawnAfterP50Ms: number;
  drawnAfterP95Ms: number;
  sent: number;
  drawn: number;
}

/** Counts in the page, so that what is measured waits for no answer of this program. */
async function watch(page: Page): Promise<void> {
  await page.evaluate((metric) => {
    const watched: Watched = { frames: [], tasks: [], draws: [] };
    window.watched = watched;
    let last = performance.now();
    const onFrame = (now: number): void => {
      watched.frames.push(now - last);
      last = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => watched.tasks.push(entry.duration)),
    ).observe({ type: 'longtask' });
    const figure = document.querySelector(`figure[data-metric="${metric}"]`);
    if (!figure) throw new Error('the chart that counts is not there');
    new MutationObserver(() => {
      const text = /([\d,]+)$/.exec(figure.getAttribute('aria-label') ?? '')?.[1] ?? '';
      watched.draws.push([Number(text.replace(/,/g, '')), Date.now()]);
    }).observe(figure, { attributes: true, attributeFilter: ['aria-label'] });
  }, TICK);
}

async function counters(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

/** From side to side over the middle of the charts, at a steady pace. */
async function wander(page: Page): Promise<void> {
  const box = await page.getByRole('slider').boundingBox();
  if (!box) throw new Error('the charts have no size');
  const beganMs = Date.now();
  for (let move = 0; move < MOVES; move += 1) {
    const turn = (move % 100) / 50;
    const part = turn < 1 ? turn : 2 - turn;
    await page.mouse.move(box.x + box.width * (0.02 + 0.96 * part), box.y + 200);
    const dueMs = beganMs + ((move + 1) * SECONDS * 1000) / MOVES;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - Date.now())));
  }
  // Away from the charts, whose titles tell the newest values again.
  await page.mouse.move(box.x + 5, 5);
}

/** The newest record that was sent has to be drawn within this time, without anybody's doing. */
const DRAWN_WITHIN_MS = 3000;

async function drawnAtLast(page: Page, sent: number): Promise<number> {
  const untilMs = Date.now() + DRAWN_WITHIN_MS;
  let drawn = await drawnTick(page);
  while (drawn !== sent && Date.now() < untilMs) {
    await page.evaluate(() => new Promise(requestAnimationFrame));
    drawn = await drawnTick(page);
  }
  return drawn;
}

/** How long after it was sent each record was drawn; those that another one overtook are not counted. */
function lags({ draws }: Watched, sentAt: ReadonlyMap<number, number>): number[] {
  const first = new Map<number, number>();
  for (const [number, atMs] of draws) if (!first.has(number)) first.set(number, atMs);
  return [...first].flatMap(([number, atMs]) => {
    const sentMs = sentAt.get(number);
    return sentMs === undefined ? [] : [atMs - sentMs];
  });
}

export async function measureFrames(page: Page, url: string, feed: Feed): Promise<FrameFigures> {
  await feed.start(1);
  await openCharts(page, url, feed.agent);
  const session = await page.context().newCDPSession(page);
  // Time that the page's thread had a core, not that it waited for one.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await watch(page);
  const before = await counters(session);
  await wander(page);
  const after = await counters(session);
  const watched = await page.evaluate(() => window.watched);
  await feed.stop();
  const drawn = await drawnAtLast(page, feed.newest);
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const seconds = grown('Timestamp');
  const share = (name: string): number => grown(name) / seconds;
  const late = lags(watched, feed.sentAt);
  return {
    seconds,
    frames: watched.frames.length,
    frameP50Ms: quantile(watched.frames, 0.5),
    frameP95Ms: quantile(watched.frames, 0.95),
    longestFrameMs: Math.max(...watched.frames),
    longestTaskMs: Math.max(0, ...watched.tasks),
    tasksOver50: watched.tasks.length,
    scriptShare: share('ScriptDuration'),
    styleShare: share('RecalcStyleDuration'),
    layoutShare: share('LayoutDuration'),
    taskShare: share('TaskDuration'),
    drawnAfterP50Ms: quantile(late, 0.5),
    drawnAfterP95Ms: quantile(late, 0.95),
    sent: feed.newest,
    drawn,
  };
}
