// A data analyst: "all of one agent, in my notebook". Leaves with files of exactly what was on screen.
import { check } from '../support.ts';
import {
  askRecords,
  chooseRange,
  dollars,
  isAbout,
  save,
  signIn,
  type ApiRecord,
  type Saved,
} from './steps.ts';
import type { Way } from './ways.ts';

const AGENT = 'support-bot';
/** Whole days: nothing comes while it is looked at. */
const RANGE = { start: 'now-3d/d', end: 'now/d' };

/** What its page says of its models: requests and what they cost. */
async function seeAgent(way: Way): Promise<{ requests: number; cost: number }> {
  const { page } = way;
  await chooseRange(way, RANGE.start, RANGE.end);
  await way.press(page.getByRole('link', { name: AGENT, exact: true }));
  const row = page.locator('[data-model="claude-sonnet-5"]');
  await row.waitFor();
  await page.waitForSelector('figure[data-metric="latency_ms"]:not([data-points="0"]) canvas');
  const cells = await row.locator('td').allInnerTexts();
  return { requests: Number(cells[0]?.replaceAll(',', '')), cost: dollars(cells.at(-1) ?? '') };
}

async function openExport(way: Way): Promise<void> {
  const { page } = way;
  await way.press(page.getByRole('button', { name: 'Export' }));
  await way.press(page.getByRole('menuitem', { name: /^A long one/ }));
  await page.waitForSelector('[data-estimate]');
  const { pathname, searchParams } = new URL(page.url());
  check(
    pathname === '/export' &&
      searchParams.get('agent') === AGENT &&
      searchParams.get('start') === RANGE.start,
    'the page of exports opens with the agent and the range that were on screen',
  );
  await way.shot('analyst-plan');
}

async function takeFile(way: Way, format: string): Promise<Saved> {
  const { page } = way;
  await way.press(
    page.getByRole('group', { name: 'Format' }).getByRole('button', { name: format, exact: true }),
  );
  const file = await save(way, page.getByRole('button', { name: 'Start export' }));
  await page
    .locator('[data-export="done"]')
    .filter({ hasText: `.${format.toLowerCase()}` })
    .waitFor();
  return file;
}

function sumOf(records: readonly ApiRecord[], name: string): number {
  return records.reduce((sum, record) => sum + Number(record[name] ?? 0), 0);
}

export async function analyst(way: Way): Promise<void> {
  const { page } = way;
  await signIn(way);
  const shown = await seeAgent(way);
  await openExport(way);
  const csv = await takeFile(way, 'CSV');
  const lines = csv.content.toString().trimEnd().split('\r\n');
  const words = await page.locator('[data-export="done"]').innerText();
  const ndjson = await takeFile(way, 'NDJSON');
  const records = ndjson.content
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ApiRecord);
  await way.shot('analyst-done');
  const direct = await askRecords(page, 'metrics', { agent: AGENT, ...RANGE, step: 'raw' });
  check(direct.length > 3000, `the API has ${direct.length} records of the agent in the range`);
  check(lines.length - 1 === direct.length, `${csv.name} has a line for each`);
  check(
    words.includes(`${direct.length.toLocaleString('en')} records`),
    `the page counted them too: ${words.replaceAll(/\s+/g, ' ')}`,
  );
  check(
    JSON.stringify(records.map((record) => [record.timestamp, record.kind, record.latency_ms])) ===
      JSON.stringify(direct.map((record) => [record.timestamp, record.kind, record.latency_ms])),
    `${ndjson.name} has the same, one by one`,
  );
  check(
    records.every((record) => record.agent === AGENT),
    'and nothing of another agent',
  );
  const cost = sumOf(records, 'cost_usd');
  check(
    sumOf(records, 'request_count') === shown.requests && isAbout(shown.cost, cost),
    `they add up to what was on screen: ${shown.requests} requests, ${cost.toFixed(2)} USD`,
  );
}
