// Any metrics by group and against the time before, in a real browser against a running `sentinel demo`.
//   DEMO_URL=http://127.0.0.1:8000 DEMO_LINK=... node --experimental-strip-types tests/e2e/explore.e2e.ts
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import {
  check,
  checkLooks,
  collectComplaints,
  launch,
  linkAddress,
  needed,
  waitForFocus,
  WIDE,
} from './support.ts';

const params = (page: Page): URLSearchParams => new URL(page.url()).searchParams;

async function drawn(page: Page, metric: string): Promise<void> {
  await page.waitForSelector(`figure[data-metric="${metric}"]:not([data-points="0"]) canvas`, {
    timeout: 60_000,
  });
}

async function openExplore(page: Page, base: string): Promise<void> {
  await page.goto(linkAddress(base, needed('DEMO_LINK')));
  await page.waitForSelector('[data-agent]', { timeout: 60_000 });
  await page.getByRole('navigation').getByRole('link', { name: 'Explore' }).click();
  await drawn(page, 'latency_ms:p95');
  await drawn(page, 'cost_usd:sum');
  check(
    (await page.getByRole('heading', { level: 1 }).textContent()) === 'Latency, Cost by agent',
    'it begins with latency and cost by agent',
  );
  check(
    (await page.locator('[data-explore-row="All others"]').count()) === 1,
    'the agents beyond five are one',
  );
}

/** By keys alone: what is focused is what is meant. */
async function chooseByKeys(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Groups/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitemradio', { name: 'By model' }).waitFor();
  await page.keyboard.press('ArrowDown');
  for (let steps = 0; steps < 20; steps += 1) {
    if ((await page.evaluate(() => document.activeElement?.textContent)) === 'By model') break;
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-explore-row="claude-sonnet-5"]', { timeout: 60_000 });
  check(params(page).get('by') === 'model', 'keys choose the group, and the address tells it');
  await page.getByRole('button', { name: /^Add a metric/ }).focus();
  await page.keyboard.press('Enter');
  await waitForFocus(page.getByRole('searchbox', { name: 'Find a metric' }));
  await page.keyboard.type('error rate');
  await page.keyboard.press('Tab');
  await waitForFocus(page.getByRole('button', { name: /^Error rate/ }));
  await page.keyboard.press('Enter');
  await drawn(page, 'error_rate_percent:avg');
  check(true, 'keys add a metric');
}

async function checkCompare(page: Page): Promise<void> {
  await page.getByRole('button', { name: '24h', exact: true }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByText('the time before').first().waitFor();
  await page.getByText(/The change is against the 1 d before/).waitFor();
  const row = (await page.locator('[data-explore-row="claude-sonnet-5"]').textContent()) ?? '';
  check(/[+−]\d/.test(row), `the table tells the change: ${row}`);
}

async function checkLegend(page: Page): Promise<void> {
  const entry = page
    .locator('figure[data-metric="latency_ms:p95"]')
    .getByRole('button', { name: /^claude-sonnet-5/ });
  await entry.click();
  check(params(page).get('only') === 'claude-sonnet-5', 'a name of the legend stands alone');
  await entry.click();
  check(params(page).get('only') === null, 'and all of them again');
}

async function checkSaved(page: Page): Promise<void> {
  const address = page.url();
  await page.getByRole('button', { name: /^Share, save/ }).click();
  const link = (await page.getByRole('region', { name: 'Link to this view' }).textContent()) ?? '';
  check(link === address, 'the link is the address');
  await page.getByLabel('Save this page and range as').fill('models compared');
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByText('Saved.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('navigation').getByRole('link', { name: 'Fleet' }).click();
  await page.waitForSelector('[data-agent]');
  await page.getByRole('button', { name: /^Views/ }).click();
  await page.getByRole('link', { name: 'models compared' }).click();
  await drawn(page, 'error_rate_percent:avg');
  check(page.url() === address, 'a saved view is the same view');
}

async function saved(page: Page, name: RegExp): Promise<Buffer> {
  await page.getByRole('button', { name: /^Export/ }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name }).click(),
  ]);
  return readFile(await download.path());
}

async function checkExport(page: Page): Promise<void> {
  const lines = (await saved(page, /^CSV, a line/)).toString().split('\r\n');
  check(
    lines[0] ===
      'start,model,latency_ms:p95,cost_usd:sum,error_rate_percent:avg,previous latency_ms:p95,previous cost_usd:sum,previous error_rate_percent:avg',
    'the file has the columns of the view',
  );
  const buckets = await page.locator('figure').first().getAttribute('data-points');
  const groups = await page.locator('[data-explore-row]').count();
  check(
    Math.abs(lines.length - 2 - Number(buckets) * groups) <= groups,
    `a line for each of ${buckets ?? ''} buckets and ${groups} groups: ${lines.length - 2}`,
  );
  const picture = await saved(page, /^PNG/);
  check(picture.subarray(1, 4).toString() === 'PNG' && picture.length > 5000, 'the charts are a picture');
}

async function checkWindow(page: Page): Promise<void> {
  const box = await page.getByRole('slider').boundingBox();
  if (!box) throw new Error('the charts have no size');
  await page.keyboard.down('Shift');
  await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await page.waitForSelector('[data-change], [data-nothing]', { timeout: 60_000 });
  check(params(page).get('look') !== null, 'Shift with a drag looks into a part of all agents');
  await page.getByRole('group', { name: 'Look at' }).getByRole('button', { name: 'Requests' }).click();
  await page.waitForSelector('[data-request]', { timeout: 60_000 });
  check((await page.getByRole('columnheader', { name: 'Agent' }).count()) === 1, 'requests tell their agent');
}

/** One agent by name: then its custom metrics are asked for. */
async function checkOneAgent(page: Page, base: string): Promise<void> {
  await page.goto(new URL('/explore?agent=support-bot&agent=code-review&start=now-6h', base).href);
  await drawn(page, 'latency_ms:p95');
  const figure = page.locator('figure[data-metric="latency_ms:p95"]');
  check((await figure.getByTitle('support-bot').count()) === 1, 'a few lines have their names at their ends');
  await checkLooks(page, 'explore-agents');
  await page.goto(new URL('/explore?agent=support-bot', base).href);
  const asked = page.waitForResponse((response) => response.url().includes('/custom-metrics'));
  await page.getByRole('button', { name: /^Add a metric/ }).click();
  check((await asked).ok(), 'of one agent its custom metrics are offered too');
  await page.goto(new URL('/explore?agent=nobody', base).href);
  await page.getByText('There is no such agent').waitFor();
  await checkLooks(page, 'explore-nobody');
}

async function main(): Promise<void> {
  const base = needed('DEMO_URL');
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
    const complaints = collectComplaints(page);
    await openExplore(page, base);
    await checkLooks(page, 'explore');
    await chooseByKeys(page);
    await checkCompare(page);
    await checkLegend(page);
    await checkSaved(page);
    await checkLooks(page, 'explore-models');
    await checkExport(page);
    await checkWindow(page);
    await checkLooks(page, 'explore-window');
    await checkOneAgent(page, base);
    // The browser itself tells of the agent that is not there.
    const unexpected = complaints.filter((text) => !text.includes('404'));
    check(unexpected.length === 0, `the page complains of nothing else ${unexpected.join('\n  ')}`);
  } finally {
    await browser.close();
  }
}

await main();
