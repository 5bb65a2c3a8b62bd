// Steps that more than one journey takes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { linkAddress, needed, shell } from '../support.ts';
import type { Way } from './ways.ts';

/** A link that `sentinel link` prints, as somebody would open it. */
export async function signIn(way: Way): Promise<void> {
  const { page } = way;
  const command = `'${join(needed('SENTINEL_BIN'), 'sentinel')}' link --data '${needed('DEMO_DATA')}'`;
  const token = /sl_[a-z0-9]+/.exec(await shell(command))?.[0] ?? '';
  await page.goto(linkAddress(needed('DEMO_URL'), token));
  await page.waitForSelector('[data-agent]', { timeout: 60_000 });
  await way.press(page.getByRole('button', { name: 'Dismiss' }));
}

export async function openPage(way: Way, name: string): Promise<void> {
  await way.press(way.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }));
}

export async function chooseRange(way: Way, start: string, end: string): Promise<void> {
  const { page } = way;
  await way.press(
    page.getByRole('group', { name: 'Time range' }).getByRole('button').filter({ hasText: '▾' }),
  );
  const form = page.locator('form').filter({ has: page.getByText('Units s m h d w') });
  await way.write(form.getByLabel('From'), start);
  await way.write(form.getByLabel('To'), end);
  await way.press(form.getByRole('button', { name: 'Show' }));
  await form.waitFor({ state: 'detached' });
}

/** What a program gets that asks the same, with the rights of who is signed in. */
export function ask<T>(page: Page, path: string, query: Record<string, string | string[]>): Promise<T> {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    [value].flat().forEach((item) => params.append(name, item));
  }
  return page.evaluate<T, string>(
    async (address) => (await fetch(address)).json() as T,
    `/api/v1/${path}?${params.toString()}`,
  );
}

export type ApiRecord = Record<string, unknown>;

interface RawMetrics {
  columns: string[];
  rows: unknown[][];
  next_cursor: string | null;
}

/** Records, which the API tells by columns and in pages: all of them, or as many as `limit` where there is one. */
export async function askRecords(
  page: Page,
  path: 'requests' | 'metrics',
  query: Record<string, string>,
): Promise<ApiRecord[]> {
  const records: ApiRecord[] = [];
  let cursor: string | null = null;
  do {
    const part: RawMetrics = await ask(page, path, cursor === null ? query : { ...query, cursor });
    records.push(
      ...part.rows.map((row) => Object.fromEntries(part.columns.map((name, index) => [name, row[index]]))),
    );
    cursor = query.limit === undefined ? part.next_cursor : null;
  } while (cursor !== null);
  return records;
}

export interface Saved {
  name: string;
  content: Buffer;
}

export async function save(way: Way, target: Locator): Promise<Saved> {
  const [download] = await Promise.all([way.page.waitForEvent('download'), way.press(target)]);
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
}

/** Dollars as a page writes them: `$1,234`, `$0.0635`. */
export function dollars(text: string): number {
  return Number(/\$([\d.,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? 'NaN');
}

/** The same within what a page rounds to. */
export function isAbout(shown: number, exact: number): boolean {
  return Math.abs(shown - exact) <= 0.006 * Math.abs(exact);
}
