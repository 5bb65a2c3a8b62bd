// An operator: "is anything down? is the monitor itself healthy?" Leaves with what is down, why and since when, and what Sentinel
// knows of itself.
import { check } from '../support.ts';
import { ask, openPage, signIn } from './steps.ts';
import type { Way } from './ways.ts';

interface Agents {
  agents: { name: string; status: string; since: string; reason: string }[];
}

interface System {
  ingest: { process: { failures: number; queue_bytes: number; records: number } | null };
  sums: { waiting_s: number | null };
}

async function seeDown(way: Way): Promise<void> {
  const { page } = way;
  const { agents } = await ask<Agents>(page, 'agents', {});
  const down = agents.find(({ status }) => status === 'down');
  if (!down) throw new Error('the demo has no agent that is down');
  const sentence = await page.getByRole('heading', { level: 1 }).innerText();
  check(
    sentence.includes('down') && sentence.includes(down.name),
    `the first sentence names what is down: ${sentence}`,
  );
  const first = page.locator('[data-agent]').first();
  check((await first.getAttribute('data-agent')) === down.name, 'it is the first of the list');
  const row = (await first.innerText()).replaceAll(/\s+/g, ' ');
  check(/down \d+ (h|min)/.test(row), `which says since when: ${row}`);
  const why = (await page.locator(`[data-problem="${down.name}"]`).innerText()).replaceAll(/\s+/g, ' ');
  check(
    /down for \d+ (h|min)/.test(why) && why.includes(down.reason),
    `why it is down is told without a look further: ${why}`,
  );
  const heads = page.getByRole('columnheader', { name: 'Latency' }).getByRole('button');
  const hint = await way.hint(heads);
  check(hint === 'Newest latency; the line is p95 over the range', `a column says what it shows: ${hint}`);
  check(!page.url().includes('sort='), 'and who asks that does not sort by it');
  await way.shot('operator-fleet');
  await way.press(first.getByRole('link', { name: down.name, exact: true }));
  await page.getByText(down.reason).waitFor();
  const header = (await page.locator('main header').innerText()).replaceAll(/\s+/g, ' ');
  check(/down for \d+ (h|min)/.test(header), `its page says the same: ${header}`);
}

async function seeOthers(way: Way): Promise<void> {
  const { page } = way;
  await openPage(way, 'Fleet');
  const filter = page.getByRole('group', { name: 'Filter by status' });
  await way.press(filter.getByRole('button', { name: /^late/ }));
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[data-agent]')].every((row) => row.querySelector('[data-status="late"]')),
  );
  check((await page.locator('[data-agent]').count()) === 1, 'those that are late stand alone');
}

async function seeHealth(way: Way): Promise<void> {
  const { page } = way;
  await openPage(way, 'Health');
  await page.waitForSelector('[data-part="Disk"]');
  const sentence = await page.getByRole('heading', { level: 1 }).innerText();
  // The machine of a test may have a full disk: then the page must say that.
  check(
    /^(Sentinel is well|Look at|Sentinel needs help: disk)/.test(sentence),
    `whether Sentinel is well comes first: ${sentence}`,
  );
  const { ingest, sums } = await ask<System>(page, 'system', {});
  check(
    ingest.process !== null && ingest.process.records > 0 && ingest.process.failures === 0,
    `of ${ingest.process?.records ?? 0} records that came none was lost`,
  );
  check((sums.waiting_s ?? 0) < 120, 'and none waits to be counted');
  const words = (await page.locator('[data-part="Ingest"]').innerText()).replaceAll(/\s+/g, ' ');
  check(/given up without an outcome 0\b/.test(words), `the page says so: ${words}`);
  const states = await page
    .locator('[data-part]:not([data-part="Disk"])')
    .evaluateAll((parts) => parts.map((part) => part.getAttribute('data-state')));
  check(!states.includes('failing'), `each part of Sentinel tells how it is: ${states.join(', ')}`);
  await page.getByText('Nothing was refused in this time.').waitFor();
  check(true, 'and that none was refused');
  await way.shot('operator-health');
}

export async function operator(way: Way): Promise<void> {
  await signIn(way);
  await seeDown(way);
  await seeOthers(way);
  await seeHealth(way);
}
