// An AI engineer: "my agent was slow for days". Leaves with when it began, what moved with it, and the very requests.
import type { Page } from 'playwright-core';
import { check } from '../support.ts';
import { ask, askRecords, chooseRange, signIn } from './steps.ts';
import type { Way } from './ways.ts';

/** The agent of the demo whose memory leaks, and whose latency with it, until it is killed. */
const AGENT = 'code-review';
const HOUR_MS = 3_600_000;
const LEAK_MS = 6 * 24 * HOUR_MS;

interface Events {
  events: { timestamp: string; message: string }[];
}

const MEGABYTES: Record<string, number> = { MB: 1, GB: 1000 };
const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, min: 60_000 };

/** The value that a chart's title shows for the moment under the crosshair. */
async function readout(
  page: Page,
  metric: string,
  units: Record<string, number>,
  before = '',
): Promise<number> {
  const text = await page.locator(`figure[data-metric="${metric}"]`).innerText();
  const found = new RegExp(`${before}\\s*([\\d.,]+)\\s*(${Object.keys(units).join('|')})\\b`).exec(text);
  return Number(found?.[1]?.replaceAll(',', '') ?? 'NaN') * (units[found?.[2] ?? ''] ?? NaN);
}

async function openAgent(way: Way): Promise<void> {
  const { page } = way;
  await chooseRange(way, 'now-10d', 'now');
  await page.waitForSelector(`[data-agent="${AGENT}"] a[href*="start=now-10d"]`);
  await way.press(page.getByRole('link', { name: AGENT, exact: true }));
  await page.waitForSelector('figure[data-metric="memory_usage_mb"]:not([data-points="0"]) canvas');
  const since = new URL(page.url()).searchParams.get('start');
  check(since === 'now-10d', 'the page of the agent opens at the range of the fleet');
}

/** When the leak ended: the event that the page tells. */
async function findEnd(way: Way): Promise<number> {
  const { page } = way;
  const row = page.getByRole('row', { name: /killed: out of memory/ });
  await row.waitFor();
  check(
    (await page.getByRole('button', { name: /Error .*killed: out of memory/ }).count()) === 1,
    'the lane marks the moment',
  );
  const { events } = await ask<Events>(page, `agents/${AGENT}/events`, { start: 'now-10d', end: 'now' });
  return Date.parse(events.find(({ message }) => message.includes('out of memory'))?.timestamp ?? '');
}

async function seeWhen(way: Way, endMs: number): Promise<void> {
  const { page } = way;
  const read = async (ms: number) => {
    await way.point(ms);
    await page.waitForSelector('[data-testid="crosshair"]');
    return {
      memory: await readout(page, 'memory_usage_mb', MEGABYTES),
      latency: await readout(page, 'latency_ms', MILLISECONDS, 'p50'),
    };
  };
  const before = await read(endMs - LEAK_MS - 3 * HOUR_MS);
  const begun = await read(endMs - LEAK_MS + 18 * HOUR_MS);
  const last = await read(endMs - 2 * HOUR_MS);
  check(
    begun.memory > 1.2 * before.memory && last.memory > 4 * before.memory,
    `the crosshair tells when memory began to grow: ${before.memory}, ${begun.memory}, ${last.memory} MB`,
  );
  check(
    last.latency > 1.8 * before.latency,
    `and that latency grew with it: ${before.latency}, ${last.latency} ms`,
  );
}

function lookOf(page: Page): { start: string; end: string } {
  const [start = '', end = ''] = (new URL(page.url()).searchParams.get('look') ?? '').split(',');
  return { start, end };
}

async function seeWhatChanged(way: Way, endMs: number): Promise<void> {
  const { page } = way;
  await way.select(endMs - 60 * HOUR_MS, endMs - HOUR_MS);
  await page.waitForURL(/look=\d{4}-/);
  await page.waitForSelector('[data-change]');
  const { start, end } = lookOf(page);
  const middle = (Date.parse(start) + Date.parse(end)) / 2;
  check(
    Math.abs(middle - (endMs - 30 * HOUR_MS)) < 4 * HOUR_MS && page.url().includes('start=now-10d'),
    `a part of the range is looked into, and the range stays: ${start} to ${end}`,
  );
  const rows = await page.locator('[data-change]').allInnerTexts();
  const first = rows.slice(0, 4).join('\n');
  check(
    /^Memory\b.*↑/m.test(first.replaceAll('\t', ' ')),
    `memory is among the first that changed:\n${first}`,
  );
  check(/^Latency\b.*↑/m.test(first.replaceAll('\t', ' ')), 'and so is latency');
  await way.shot('engineer-changes');
}

/** The same as a program reads of the same window. */
async function seeRequests(way: Way): Promise<void> {
  const { page } = way;
  const section = page.locator('section[aria-labelledby="look-title"]');
  await way.press(section.getByRole('button', { name: 'Requests' }));
  await page.waitForSelector('[data-request]');
  await way.press(section.getByRole('button', { name: 'Slowest' }));
  await page.getByText('The slowest 100 requests').waitFor();
  const records = await askRecords(page, 'requests', {
    agent: AGENT,
    ...lookOf(page),
    order: 'slowest',
    limit: '100',
  });
  const shown = await page
    .locator('[data-request]')
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-request'))));
  check(
    shown.length === 100 &&
      shown.join() === records.map(({ timestamp }) => Date.parse(String(timestamp))).join(),
    'the rows are the slowest requests that the API has of this window, in its order',
  );
  const text = (await page.locator('[data-request]').first().innerText()).replaceAll(/\s+/g, ' ');
  const traced = records.find(({ trace_id: trace }) => trace !== null);
  await page.getByText(String(traced?.trace_id)).waitFor();
  check(Number(records[0]?.latency_ms) > 30_000, `with what is needed to find each of them: ${text}`);
  await way.shot('engineer-requests');
  const exports = section.getByRole('button', { name: 'Export' });
  await way.press(exports);
  const href = await page.getByRole('menuitem', { name: /^CSV/ }).getAttribute('href');
  check(
    href?.includes(encodeURIComponent(lookOf(page).start)) === true,
    'and an export of the same window is offered',
  );
  await way.leave(exports);
}

export async function engineer(way: Way): Promise<void> {
  await signIn(way);
  await openAgent(way);
  const endMs = await findEnd(way);
  await seeWhen(way, endMs);
  await seeWhatChanged(way, endMs);
  await seeRequests(way);
}
