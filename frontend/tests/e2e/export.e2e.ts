// A long export in a real browser against a running `sentinel demo`: whole, cancelled and broken.
//   DEMO_URL=http://127.0.0.1:8000 DEMO_LINK=... node --experimental-strip-types tests/e2e/export.e2e.ts
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { startProxy, type Proxy } from './proxy.ts';
import { check, checkLooks, collectComplaints, launch, linkAddress, needed, WIDE } from './support.ts';

/** A dialog of the system is out of a test's reach: this browser is one that has none. */
async function withoutPicker(page: Page): Promise<void> {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
}

const phase = (page: Page, name: string) =>
  page.waitForSelector(`[data-export="${name}"]`, { timeout: 120_000 });

async function openExport(page: Page, base: string): Promise<void> {
  await page.goto(linkAddress(base, needed('DEMO_LINK')));
  await page.waitForSelector('[data-agent]', { timeout: 60_000 });
  await page.goto(new URL('/agents/support-bot?start=now-2d', base).href);
  await page.getByRole('button', { name: /^Export/ }).click();
  await page.getByRole('menuitem', { name: /^A long one/ }).click();
  await page.waitForSelector('[data-estimate]', { timeout: 60_000 });
  const { pathname, searchParams } = new URL(page.url());
  check(
    pathname === '/export' &&
      searchParams.get('agent') === 'support-bot' &&
      searchParams.get('start') === 'now-2d',
    'an export menu leads to the page of long ones, with its agent and range',
  );
}

/** The records that the page counted, from its own words. */
async function counted(page: Page): Promise<number> {
  const text = (await page.locator('[data-export]').textContent()) ?? '';
  return Number((/([\d,]+)(?: of about \S+)? records?/.exec(text)?.[1] ?? '').replaceAll(',', ''));
}

async function checkWhole(page: Page): Promise<void> {
  const estimate = Number(await page.locator('[data-estimate]').getAttribute('data-estimate'));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Start export' }).click(),
  ]);
  await phase(page, 'done');
  const rows = await counted(page);
  const lines = (await readFile(await download.path())).toString().split('\r\n');
  check(
    /^sentinel-support-bot-.*\.csv$/.test(download.suggestedFilename()),
    `the file is named by what it is: ${download.suggestedFilename()}`,
  );
  check(lines.length - 2 === rows, `the file has the ${rows} records that were counted`);
  check(Math.abs(rows - estimate) <= 0.02 * estimate + 10, `about as many as were foretold: ${estimate}`);
}

/** What the server itself sends for the same columns and range, counted without the page. */
async function checkPacked(page: Page, base: string): Promise<void> {
  const range = { start: 'now-2d/d', end: 'now-1d/d' };
  const query = new URLSearchParams({ ...range, format: 'ndjson', gzip: '1' });
  ['timestamp', 'agent', 'latency_ms'].forEach((column) => query.append('column', column));
  await page.goto(new URL(`/export?${query.toString()}`, base).href);
  await page.waitForSelector('[data-estimate]', { timeout: 60_000 });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Start export' }).click(),
  ]);
  await phase(page, 'done');
  const lines = gunzipSync(await readFile(await download.path()))
    .toString()
    .trimEnd()
    .split('\n');
  const direct = await page.evaluate(
    async ([start, end]) => {
      const answer = await fetch(`/api/v1/export?format=ndjson&column=agent&start=${start}&end=${end}`);
      return (await answer.text()).trimEnd().split('\n').length;
    },
    [range.start, range.end] as const,
  );
  check(lines.length === direct, `a packed file of the whole fleet has all ${direct} records`);
  check(
    Object.keys(JSON.parse(lines[0] ?? '') as object).join() === 'timestamp,agent,latency_ms',
    'and the chosen columns alone',
  );
}

/** A file of the browser's own file system, in place of the one that a person would choose. */
async function checkFile(page: Page, base: string): Promise<void> {
  await page.evaluate(() => {
    const pick = async () => (await navigator.storage.getDirectory()).getFileHandle('kept', { create: true });
    Object.assign(window, { showSaveFilePicker: pick });
  });
  await page.getByRole('button', { name: 'Excel' }).click();
  await page.getByRole('button', { name: 'Start export' }).click();
  await page.waitForSelector('[data-export="done"]:has-text("In the file you chose")', { timeout: 120_000 });
  const head = await page.evaluate(async () => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle('kept');
    return (await file.getFile()).slice(0, 2).text();
  });
  check(head === 'PK', 'a spreadsheet is written to the file while it comes');
  await page.goto(new URL('/export?start=now-3d', base).href);
}

async function begin(page: Page, proxy: Proxy): Promise<void> {
  await page.goto(new URL('/export?start=now-3d', proxy.url).href);
  await page.waitForSelector('[data-estimate]', { timeout: 60_000 });
  proxy.holdAfter(100_000);
  await page.getByRole('button', { name: 'Start export' }).click();
  await page.waitForFunction(
    () => /[1-9][\d,]* of about/.test(document.querySelector('[data-export="running"]')?.textContent ?? ''),
    null,
    { timeout: 60_000 },
  );
}

async function checkCancel(page: Page, proxy: Proxy): Promise<void> {
  await begin(page, proxy);
  await checkLooks(page, 'export-running');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await phase(page, 'cancelled');
  const text = (await page.locator('[data-export]').textContent()) ?? '';
  check(text.includes('nothing of it was kept'), `a cancelled one says that there is no file: ${text}`);
  check((await proxy.left()) === 1, 'and the browser leaves the connection, so that the server stops');
  proxy.release();
}

async function checkBroken(page: Page, proxy: Proxy): Promise<void> {
  await begin(page, proxy);
  check(proxy.cut() > 0, 'the connection breaks in the middle');
  await phase(page, 'failed');
  const text = (await page.getByRole('alert').textContent()) ?? '';
  check(text.startsWith('✕ Not complete.'), `a broken one never looks complete: ${text}`);
  await checkLooks(page, 'export-broken');
  proxy.release();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Start again' }).click(),
  ]);
  await phase(page, 'done');
  const rows = await counted(page);
  const lines = (await readFile(await download.path())).toString().split('\r\n');
  check(lines.length - 2 === rows, `started again it is whole: ${rows} records`);
}

async function main(): Promise<void> {
  const base = needed('DEMO_URL');
  const proxy = await startProxy(base);
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
    await withoutPicker(page);
    const complaints = collectComplaints(page);
    await openExport(page, base);
    await checkLooks(page, 'export');
    await checkWhole(page);
    await checkLooks(page, 'export-done');
    await checkPacked(page, base);
    await checkFile(page, base);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
    let downloads = 0;
    page.on('download', () => (downloads += 1));
    await checkCancel(page, proxy);
    check(downloads === 0, 'a cancelled one leaves no file among the downloads');
    await checkBroken(page, proxy);
    check(downloads === 1, 'and a broken one none but that of the second try');
  } finally {
    await browser.close();
    proxy.close();
  }
}

await main();
