// From nothing to the first record, in a real browser against a running Sentinel: a key made on the spot, the very command
// that is displayed, and the light that turns green.
//   SENTINEL_URL=… SENTINEL_BIN=build/release/bin SENTINEL_DATA=… node --experimental-strip-types tests/e2e/connect.e2e.ts
import type { Page } from 'playwright-core';
import {
  check,
  checkLooks,
  checkTouch,
  collectComplaints,
  launch,
  needed,
  shell,
  signInAnew,
  WIDE,
} from './support.ts';

const AGENT = "it's my agent, 50%";

async function openConnect(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('connect');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Connect an agent' }).waitFor();
  check(new URL(page.url()).pathname === '/connect', 'the palette leads to the page that connects an agent');
}

/** Gives the command as it is displayed once the key is made. */
async function makeKey(page: Page): Promise<string> {
  await page.getByLabel('Name of the agent').fill(AGENT);
  const command = page.getByRole('region', { name: 'Send a record' });
  check(((await command.textContent()) ?? '').includes('YOUR_KEY'), 'without a key the command has a blank');
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByRole('region', { name: 'The key' }).waitFor();
  const text = (await command.textContent()) ?? '';
  check(!text.includes('YOUR_KEY'), 'the key is in the command');
  return text;
}

async function sendRecord(page: Page, command: string): Promise<void> {
  await page.getByText('Waiting for the first record…').waitFor();
  const answer = await shell(`${command} --silent --show-error --write-out ' %{http_code}'`);
  check(answer.trimEnd().endsWith(' 201'), `the displayed command stores a record: ${answer.trim()}`);
  const link = page.getByRole('link', { name: `Open ${AGENT}` });
  await link.waitFor({ timeout: 60_000 });
  check(await page.getByText('has sent a record').isVisible(), 'waiting turns green without a reload');
  await checkLooks(page, 'connect-green');
  await link.click();
  await page.waitForSelector('figure[data-metric="latency_ms"] canvas', { timeout: 60_000 });
  check(new URL(page.url()).pathname === `/agents/${encodeURIComponent(AGENT)}`, 'and leads to the agent');
}

/** The key is for the one agent: another's record is refused, and said to be. */
async function sendAsAnother(page: Page, command: string): Promise<void> {
  const other = command.replace('50%', '60%');
  const answer = await shell(`${other} --silent --write-out ' %{http_code}'`);
  check(
    / (400|403)$/.test(answer.trimEnd()),
    `the key writes for no other agent: ${answer.slice(-4).trim()}`,
  );
  await page.goto(new URL('/health', page.url()).href);
  await page.locator(`[data-refused="${AGENT.replace('50', '60')}"]`).waitFor({ timeout: 60_000 });
  check(true, 'what was refused is on the page of health');
}

async function main(): Promise<void> {
  needed('SENTINEL_URL');
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
    const complaints = collectComplaints(page);
    await signInAnew(page);
    await openConnect(page);
    await checkLooks(page, 'connect');
    await checkTouch(browser, page, 'connect');
    const command = await makeKey(page);
    await sendRecord(page, command);
    await sendAsAnother(page, command);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
  } finally {
    await browser.close();
  }
}

await main();
