// What agents cost, and the requests behind a point, in a real browser against a running `sentinel demo`.
//   DEMO_URL=http://127.0.0.1:8000 DEMO_LINK=... node --experimental-strip-types tests/e2e/spending.e2e.ts
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { check, checkLooks, collectComplaints, launch, linkAddress, needed, WIDE } from './support.ts';

const AGENT = 'support-bot';

async function signIn(page: Page, base: string): Promise<void> {
  await page.goto(linkAddress(base, needed('DEMO_LINK')));
  await page.waitForSelector('[data-agent]', { timeout: 60_000 });
}

function rowNames(page: Page): Promise<string[]> {
  return page
    .locator('[data-cost-row]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-cost-row') ?? ''));
}

async function checkGroups(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Group' }).click();
  await page.getByRole('menuitemradio', { name: 'By team' }).click();
  await page.waitForSelector('[data-group="support"]');
  check(new URL(page.url()).searchParams.get('group') === 'team', 'the fleet is grouped by a label');
}

async function checkCosts(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Costs' }).click();
  await page.waitForSelector('[data-cost-row]', { timeout: 60_000 });
  const sentence = (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
  check(/^\$[\d.,]+ this month/.test(sentence), `the answer comes first: ${sentence}`);
  check((await page.locator('figure[data-metric="cost_usd"] canvas').count()) === 1, 'costs are drawn');
  const dearest = await rowNames(page);
  check(dearest.includes(AGENT), 'agents are ranked by cost');
  await page
    .getByRole('button', { name: /^Agent ?[↑↓]?$/ })
    .last()
    .click();
  const byName = await rowNames(page);
  check(byName.join() === [...byName].sort((a, b) => a.localeCompare(b)).join(), 'a column sorts them');
}

async function checkModels(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Model', exact: true }).first().click();
  await page.waitForSelector('[data-cost-row="claude-sonnet-5"]', { timeout: 60_000 });
  check(new URL(page.url()).searchParams.get('by') === 'model', 'costs are told by model, in the address');
  await page.waitForSelector('[data-unpriced="acme-extract-8b"]');
  const commands = (await page.getByRole('region', { name: 'Commands that set prices' }).textContent()) ?? '';
  check(
    commands.includes('sentinel prices set --model acme-extract-8b'),
    'what has no price says what to do',
  );
  await page.getByRole('button', { name: '24h', exact: true }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByText('the time before').waitFor();
  check(true, 'the time before is compared');
}

async function checkExport(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /Export/ })
    .first()
    .click();
  const href = await page.getByRole('menuitem', { name: /^CSV, for/ }).getAttribute('href');
  const head = await page.evaluate(async (address) => {
    const reader = (await fetch(address)).body?.getReader();
    const first = await reader?.read();
    await reader?.cancel();
    return new TextDecoder().decode(first?.value).split('\r\n')[0] ?? '';
  }, href ?? '');
  check(head.includes('cost_usd') && !head.includes('latency_ms'), `the export is of this view: ${head}`);
  await page.keyboard.press('Escape');
}

async function checkPicture(page: Page): Promise<void> {
  await page
    .getByRole('figure')
    .getByRole('button', { name: /^claude-sonnet-5/ })
    .click();
  check(
    new URL(page.url()).searchParams.get('only') === 'claude-sonnet-5',
    'a name of the legend stands alone',
  );
  await page
    .getByRole('button', { name: /Export/ })
    .first()
    .click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^PNG/ }).click(),
  ]);
  const file = await readFile(await download.path());
  const isPng = file.subarray(1, 4).toString() === 'PNG';
  check(isPng && file.length > 5000, `the charts are saved as a picture of ${file.length} bytes`);
}

async function checkKiosk(page: Page, base: string): Promise<void> {
  await page.goto(new URL('/?kiosk=1', base).href);
  await page.waitForSelector('[data-agent]', { timeout: 60_000 });
  check((await page.getByRole('banner').count()) === 0, 'a kiosk has no bar');
  check((await page.getByText('Demo data').count()) === 1, 'and still says that its data is made up');
  await page.keyboard.press('Escape');
  await page.getByRole('banner').waitFor();
  check(!page.url().includes('kiosk'), 'Escape leaves it');
}

async function shiftDrag(page: Page): Promise<void> {
  const box = await page.getByRole('slider').boundingBox();
  if (!box) throw new Error('the charts have no size');
  await page.keyboard.down('Shift');
  await page.mouse.move(box.x + box.width * 0.6, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + 80, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
}

async function checkLook(page: Page, base: string): Promise<void> {
  await page.goto(new URL(`/agents/${AGENT}?start=now-6h`, base).href);
  await page.waitForSelector('figure[data-metric="tokens"] canvas', { timeout: 60_000 });
  await page.waitForSelector('[data-model]');
  check(true, 'the models that an agent used are listed');
  await shiftDrag(page);
  await page.waitForURL(/look=\d{4}-/);
  await page.waitForSelector('[data-change], [data-nothing]', { timeout: 60_000 });
  check(
    !page.url().includes('start=20'),
    'Shift with a drag looks into a part and leaves the range as it is',
  );
  await page.getByRole('group', { name: 'Look at' }).getByRole('button', { name: 'Requests' }).click();
  await page.waitForSelector('[data-request]', { timeout: 60_000 });
  const times = await page
    .locator('[data-request]')
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-request'))));
  check(
    times.every((time, index) => index === 0 || time <= (times[index - 1] ?? 0)),
    `the ${times.length} requests behind it stand newest first`,
  );
}

async function main(): Promise<void> {
  const base = needed('DEMO_URL');
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
    const complaints = collectComplaints(page);
    await signIn(page, base);
    await checkGroups(page);
    await checkLooks(page, 'fleet-groups');
    await checkCosts(page);
    await checkLooks(page, 'costs');
    await checkModels(page);
    await checkExport(page);
    await checkLooks(page, 'costs-models');
    await checkPicture(page);
    await checkLook(page, base);
    await checkLooks(page, 'agent-requests');
    await checkKiosk(page, base);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
  } finally {
    await browser.close();
  }
}

await main();
