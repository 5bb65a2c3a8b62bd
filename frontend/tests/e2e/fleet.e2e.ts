// The dashboard in a real browser against a running Sentinel with at least one agent that reports.
//   SENTINEL_URL=http://127.0.0.1:8000 SENTINEL_LINK=... npm run e2e
import type { Page } from 'playwright-core';
import {
  check,
  checkLooks,
  collectComplaints,
  launch,
  linkAddress,
  needed,
  textChanges,
  WIDE,
} from './support.ts';

async function signInByLink(page: Page, base: string, link: string): Promise<void> {
  await page.goto(linkAddress(base, link));
  await page.waitForSelector('[data-agent]', { timeout: 60_000 });
  check(new URL(page.url()).pathname === '/', 'the link signs in and leads to the fleet');
  check(!page.url().includes('link='), 'the token does not stay in the address');
}

/** Gives the name of an agent that is up: only that one's charts must grow. */
async function checkFleet(page: Page): Promise<string> {
  await page.waitForSelector('[data-live="live"]');
  const names = await page
    .locator('[data-agent]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-agent') ?? ''));
  check(names.length > 0, `the fleet shows ${names.length} agents`);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[data-agent] svg[data-points]')].some(
      (svg) => Number(svg.getAttribute('data-points')) > 0,
    ),
  );
  check(true, 'a sparkline has points');
  const selector = '[data-agent-totals]';
  const before = (await page.textContent(selector)) ?? '';
  check((await textChanges(page, selector, before)) !== before, 'the totals change without a reload');
  const up = page.locator('[data-agent]:has([data-status="up"])').first();
  return (await up.getAttribute('data-agent')) ?? '';
}

async function checkFilter(page: Page, name: string): Promise<void> {
  await page.getByRole('searchbox').fill(name);
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('[data-agent]')].every((row) =>
        row.getAttribute('data-agent')?.includes(wanted),
      ),
    name,
  );
  check(new URL(page.url()).searchParams.get('q') === name, 'the filter stands in the address');
}

async function checkAgent(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).click();
  await page.waitForFunction(() =>
    [...document.querySelectorAll('figure[data-points]')].some(
      (figure) => Number(figure.getAttribute('data-points')) > 0,
    ),
  );
  check((await page.locator('figure canvas').count()) > 0, 'the agent page draws charts');
  const selector = 'figure[data-metric="cpu_usage_percent"] , figure[data-metric="latency_ms"]';
  const newest = () => page.locator('figure[data-newest]').first().getAttribute('data-newest');
  const before = await newest();
  await page.waitForFunction(
    ([old]) => document.querySelector('figure[data-newest]')?.getAttribute('data-newest') !== old,
    [before],
    { timeout: 60_000 },
  );
  check((await newest()) !== before, 'the chart grows without a reload');
  check((await page.locator(selector).count()) > 0, 'latency and CPU share the page');
}

async function checkZoom(page: Page): Promise<void> {
  const before = page.url();
  const box = await page.getByRole('slider').boundingBox();
  if (!box) throw new Error('the charts have no size');
  await page.mouse.move(box.x + box.width * 0.5, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 80, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/start=\d{4}-/);
  check(true, 'a drag zooms in');
  await page.goBack();
  await page.waitForURL(before);
  check(true, 'the back button undoes the zoom');
}

async function main(): Promise<void> {
  const base = needed('SENTINEL_URL');
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
    const complaints = collectComplaints(page);
    await signInByLink(page, base, needed('SENTINEL_LINK'));
    const name = await checkFleet(page);
    await checkLooks(page, 'fleet');
    await checkFilter(page, name);
    await checkAgent(page, name);
    await checkLooks(page, 'agent');
    await checkZoom(page);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
  } finally {
    await browser.close();
  }
}

await main();
