// What an operator does, in a real browser against a running Sentinel: look at its health, find an agent that is refused, and
// settings of agents, prices, keys and one's own.
//   SENTINEL_URL=… SENTINEL_KEY=… SENTINEL_BIN=build/release/bin SENTINEL_DATA=… node --experimental-strip-types tests/e2e/operating.e2e.ts
import type { Browser, Page } from 'playwright-core';
import {
  check,
  checkLooks,
  checkTouch,
  collectComplaints,
  launch,
  needed,
  signInAnew,
  WIDE,
} from './support.ts';

const AGENT = 'operated';

/** Sends as an agent would; gives the status. */
async function send(record: Record<string, unknown>): Promise<number> {
  const answer = await fetch(new URL('/api/v1/metrics', needed('SENTINEL_URL')), {
    method: 'POST',
    headers: { authorization: `Bearer ${needed('SENTINEL_KEY')}`, 'content-type': 'application/json' },
    body: JSON.stringify(record),
  });
  return answer.status;
}

async function seed(): Promise<void> {
  const good = { agent_id: AGENT, latency_ms: 120, custom_metrics: { queue_depth: 7 } };
  check((await send(good)) === 201, 'an agent sends a record');
  check((await send({ agent_id: AGENT, cpu_usage_percent: 130 })) === 400, 'and one that is refused');
}

async function openPart(page: Page, part: string): Promise<void> {
  await page.goto(new URL('/settings', needed('SENTINEL_URL')).href);
  await page.getByRole('group', { name: 'Part of the settings' }).getByRole('button', { name: part }).click();
}

async function checkHealth(page: Page, browser: Browser): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Health' }).click();
  await page.waitForSelector('[data-part="Disk"]', { timeout: 60_000 });
  const sentence = (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
  check(/^(Sentinel is well|Look at)/.test(sentence), `the answer comes first: ${sentence}`);
  const states = await page
    .locator('[data-part]')
    .evaluateAll((parts) => parts.map((part) => part.getAttribute('data-state')));
  check(!states.includes('failing'), `each part tells how it is: ${states.join(', ')}`);
  const ingest = (await page.locator('[data-part="Ingest"]').textContent()) ?? '';
  check(/a commit takes[\d.]+\s?(ms|µs|s)/u.test(ingest), `commits are timed: ${ingest}`);
  // Counts of refusals are written every few seconds.
  const row = page.locator(`[data-refused="${AGENT}"]`);
  await row.waitFor({ timeout: 60_000 });
  check(
    ((await row.textContent()) ?? '').includes('cpu_usage_percent 130 is over 100'),
    'an agent that is refused is found, with the reason',
  );
  check(
    (await page.locator('section[aria-labelledby="slow-title"] tbody tr').count()) > 0,
    'slow questions are listed',
  );
  await checkLooks(page, 'health');
  await checkTouch(browser, page, 'health');
  await row.getByRole('link', { name: AGENT }).click();
  await page.getByText('refused in the last day').waitFor({ timeout: 60_000 });
  await page.waitForSelector('figure[data-metric="custom.queue_depth"] canvas', { timeout: 60_000 });
  check(true, 'its page says so too, and draws its custom metric');
}

async function checkLegend(page: Page): Promise<void> {
  const p95 = page.locator('figure[data-metric="latency_ms"]').getByRole('button', { name: /^p95/ });
  await p95.click();
  check(new URL(page.url()).searchParams.get('only') === 'latency_ms:p95', 'a name of a legend stands alone');
  await p95.click();
  check(new URL(page.url()).searchParams.get('only') === null, 'and again with the others');
}

async function checkAgents(page: Page, browser: Browser): Promise<void> {
  await openPart(page, 'Agents');
  const row = page.locator(`[data-agent-settings="${AGENT}"]`);
  await row.getByRole('link', { name: `1 records of ${AGENT} were refused` }).waitFor({ timeout: 60_000 });
  check(true, 'the list of agents counts what was refused');
  await checkLooks(page, 'settings-agents');
  await checkTouch(browser, page, 'settings of agents');
  await row.getByRole('button', { name: `Describe ${AGENT}` }).click();
  const dialog = page.getByRole('dialog', { name: `Describe ${AGENT}` });
  await dialog.getByLabel('What it is for').fill('Shows that labels are kept');
  await dialog.getByRole('button', { name: 'Add a label' }).click();
  await dialog.getByLabel('Name of label 1').fill('team');
  await dialog.getByLabel('Value of label 1').fill('operators');
  await checkLooks(page, 'settings-describe');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row.getByText('team: operators').waitFor();
  check(true, 'an agent is described and labelled');
  await page.getByRole('button', { name: 'Configure the fleet' }).click();
  const fleet = page.getByRole('dialog', { name: 'Configuration of the fleet' });
  await fleet.getByLabel('Keep records for').fill('45');
  await fleet.getByRole('button', { name: 'Save' }).click();
  await fleet.waitFor({ state: 'detached' });
  await row.getByRole('button', { name: `Configure ${AGENT}` }).click();
  const own = page.getByRole('dialog', { name: `Configuration of ${AGENT}` });
  await own.getByText('The fleet’s configuration').waitFor();
  check(
    (await own.getByLabel('Keep records for').inputValue()) === '45',
    'the fleet’s configuration holds for it',
  );
  await page.keyboard.press('Escape');
  await own.waitFor({ state: 'detached' });
}

async function checkPrices(page: Page, browser: Browser): Promise<void> {
  await openPart(page, 'Prices');
  await page.getByText('USD per million tokens.').waitFor();
  const form = page.getByRole('form', { name: 'Set a price' });
  await form.getByLabel('Model').fill('house-model-1');
  await form.getByLabel(/^From/).fill('2026-01-31');
  await form.getByLabel('Input').fill('0.5');
  await form.getByLabel('Cache write', { exact: true }).fill('0.6');
  await form.getByLabel('Reasoning').fill('2');
  await page.keyboard.press('Enter');
  const row = page.getByRole('row', { name: /^house-model-1/ });
  await row.waitFor();
  const text = (await row.textContent()) ?? '';
  check(text.includes('$0.6') && text.includes('31 Jan'), `a price is set: ${text}`);
  await checkLooks(page, 'settings-prices');
  await checkTouch(browser, page, 'settings of prices');
  await row.getByRole('button', { name: /^Withdraw/ }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  check(await row.isVisible(), 'one who thinks again keeps it');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await row.waitFor({ state: 'detached' });
  check(true, 'and withdraws it by the keys alone, after a second look');
}

async function checkKeys(page: Page, browser: Browser): Promise<void> {
  await openPart(page, 'Keys');
  const form = page.getByRole('form', { name: 'Make a key' });
  await form.getByLabel('Name of a new key').fill('for one agent');
  await form.getByRole('button', { name: /^All agents/ }).click();
  await page.getByLabel('Find an agent').fill(AGENT);
  await page.getByRole('checkbox', { name: AGENT }).check();
  await page.keyboard.press('Escape');
  await form.getByLabel(/^Records a second/).fill('100');
  await form.getByLabel(/^Last day/).fill('2099-12-31');
  await form.getByRole('button', { name: 'Make a key' }).click();
  const token = ((await page.getByRole('region', { name: 'The key' }).textContent()) ?? '').trim();
  const row = page.getByRole('row', { name: /^for one agent/ });
  const text = (await row.textContent()) ?? '';
  check(text.includes(AGENT) && text.includes('100/s'), `a key is made for one agent, at a rate: ${text}`);
  const post = (agent: string): Promise<Response> =>
    fetch(new URL('/api/v1/metrics', needed('SENTINEL_URL')), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ agent_id: agent, latency_ms: 5 }),
    });
  check(await becomes(() => post(AGENT), 201), 'it writes for that agent');
  check((await post('another')).status !== 201, 'and for no other');
  await checkLooks(page, 'settings-keys');
  await checkTouch(browser, page, 'settings of keys');
  await row.getByRole('button', { name: /^Revoke/ }).click();
  await row.getByRole('button', { name: 'Yes, revoke' }).click();
  await row.getByText(/^revoked/).waitFor();
  check(await becomes(() => post(AGENT), 401), 'once it is revoked it writes no more');
}

/** Every metrics-api hears of a key within two seconds. */
async function becomes(ask: () => Promise<Response>, status: number): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    if ((await ask()).status === status) return true;
  }
  return false;
}

async function checkMine(page: Page, browser: Browser): Promise<void> {
  await openPart(page, 'Mine');
  await page.getByRole('group', { name: 'First range' }).getByRole('button', { name: '6h' }).click();
  await page.getByText('Kept for you, in every browser.').waitFor();
  await checkTouch(browser, page, 'settings of my own');
  await page.getByRole('navigation').getByRole('link', { name: 'Fleet' }).click();
  await page.getByRole('button', { name: '6h', pressed: true }).waitFor();
  check(!page.url().includes('start='), 'my first range holds at once');
}

async function main(): Promise<void> {
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
    const complaints = collectComplaints(page);
    await seed();
    await signInAnew(page);
    await checkHealth(page, browser);
    await checkLegend(page);
    await checkAgents(page, browser);
    await checkPrices(page, browser);
    await checkKeys(page, browser);
    await checkMine(page, browser);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
  } finally {
    await browser.close();
  }
}

await main();
