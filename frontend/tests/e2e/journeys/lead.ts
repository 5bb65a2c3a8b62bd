// A team lead: "what do our agents cost, and what will this month cost?" Leaves with costs, their trend and a spreadsheet.
import type { Locator } from 'playwright-core';
import { check } from '../support.ts';
import { readSpreadsheet } from './spreadsheet.ts';
import { ask, chooseRange, dollars, isAbout, openPage, save, signIn } from './steps.ts';
import type { Way } from './ways.ts';

interface Costs {
  total: { cost_usd: number; requests: number };
  groups: { agent?: string; model?: string; cost_usd: number | null; cost_per_request_usd: number | null }[];
  month: { cost_usd: number; forecast_usd: number };
}

const YESTERDAY = { start: 'now-1d/d', end: 'now/d' };

const rows = (way: Way): Locator => way.page.locator('[data-cost-row]');

function rowNames(way: Way): Promise<string[]> {
  return rows(way).evaluateAll((found) => found.map((row) => row.getAttribute('data-cost-row') ?? ''));
}

async function seeMonth(way: Way): Promise<void> {
  const { page } = way;
  await openPage(way, 'Costs');
  await page.waitForSelector('[data-cost-row]');
  const sentence = await page.getByRole('heading', { level: 1 }).innerText();
  const { month } = await ask<Costs>(page, 'costs', { start: 'now-30d', end: 'now' });
  const [spent = '', forecast = ''] = sentence.split(', about ');
  check(
    isAbout(dollars(spent), month.cost_usd) && isAbout(dollars(forecast), month.forecast_usd),
    `the first sentence tells this month and where it goes: ${sentence}`,
  );
  check((await page.locator('figure[data-metric="cost_usd"] canvas').count()) === 1, 'the trend is drawn');
  await way.shot('lead-month');
}

async function seeModels(way: Way): Promise<void> {
  const { page } = way;
  const by = page.getByRole('group', { name: 'Costs by' });
  await way.press(by.getByRole('button', { name: 'Model' }));
  await page.waitForSelector('[data-cost-row="claude-sonnet-5"]');
  check((await rowNames(way)).includes('gpt-5.6-sol'), 'costs are told by model');
  await way.press(by.getByRole('button', { name: 'Agent' }));
  await page.waitForSelector('[data-cost-row="support-bot"]');
}

async function rank(way: Way): Promise<void> {
  const { page } = way;
  await chooseRange(way, YESTERDAY.start, YESTERDAY.end);
  await way.press(page.getByRole('button', { name: 'Compare' }));
  await page.getByText('the time before').first().waitFor();
  const sentence = page.locator('h1', { hasText: /(than|as) in the .+ before\./ });
  await sentence.waitFor();
  check(true, `a day is compared with the one before: ${await sentence.innerText()}`);
  await way.press(page.getByRole('columnheader', { name: 'Per request' }).getByRole('button'));
  await page.waitForURL(/sort=-?each/);
  const { groups } = await ask<Costs>(page, 'costs', { ...YESTERDAY, group_by: 'agent' });
  const ranked = groups
    .filter((group) => group.cost_per_request_usd !== null)
    .sort((left, right) => (right.cost_per_request_usd ?? 0) - (left.cost_per_request_usd ?? 0));
  const names = await rowNames(way);
  check(
    names.slice(0, ranked.length).join() === ranked.map((group) => group.agent).join(),
    `agents are ranked by what a request costs: ${names.join(', ')}`,
  );
  const first = await rows(way).first().innerText();
  const each = /\$[\d.]+/g;
  check(
    (first.match(each) ?? []).some((text) => isAbout(dollars(text), ranked[0]?.cost_per_request_usd ?? NaN)),
    `the dearest says what one costs: ${first.replaceAll(/\s+/g, ' ')}`,
  );
  await way.shot('lead-ranked');
}

async function takeSpreadsheet(way: Way): Promise<void> {
  const { page } = way;
  await way.press(page.getByRole('button', { name: 'Export' }));
  const { name, content } = await save(way, page.getByRole('menuitem', { name: /^Excel/ }));
  const records = readSpreadsheet(content);
  check(
    name.endsWith('.xlsx') && records.length > 1000,
    `a spreadsheet comes: ${name}, ${records.length} rows`,
  );
  const sum = records.reduce((total, record) => total + Number(record.get('cost_usd') ?? 0), 0);
  const { total } = await ask<Costs>(page, 'costs', YESTERDAY);
  check(Math.abs(sum - total.cost_usd) < 1e-6, `its costs add up to those of the API: ${sum.toFixed(4)}`);
  const shown = await page.getByRole('row', { name: /^All \d+ agents/ }).innerText();
  check(isAbout(dollars(shown), sum), `and to those on the page: ${shown.replaceAll(/\s+/g, ' ')}`);
  check(
    records.every((record) => (record.get('agent') ?? '') !== '' && Number(record.get('timestamp')) > 40_000),
    'each row has its agent and a date that a spreadsheet knows',
  );
}

export async function lead(way: Way): Promise<void> {
  await signIn(way);
  await seeMonth(way);
  await seeModels(way);
  await rank(way);
  await takeSpreadsheet(way);
}
