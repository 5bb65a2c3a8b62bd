// No page breaks: without agents, with one, with a thousand, with strange names, with nothing but NULLs, a clock that is wrong, and
// a server that is slow, answers with errors or not at all. A real browser against a running `sentinel demo`.
//   DEMO_URL=http://127.0.0.1:8000 DEMO_LINK=... node --experimental-strip-types tests/e2e/hardship.e2e.ts
import type { BrowserContext, Page } from 'playwright-core';
import {
  cutOff,
  fail,
  haveAgents,
  haveNulls,
  hold,
  leave,
  rename,
  setClockWrong,
  silence,
} from './hardship/injections.ts';
import {
  axeViolations,
  check,
  launch,
  linkAddress,
  needed,
  screenshot,
  scrollsSideways,
  WIDE,
} from './support.ts';

const AGENT = 'support-bot';
const PAGES = ['/', `/agents/${AGENT}`, '/costs', '/explore', '/export', '/health', '/connect', '/settings'];
const NARROW = { width: 768, height: 1024 };

type Inject = (page: Page) => Promise<unknown>;

/** What shows on one of the pages that the hardship is there. */
interface Proof {
  path: string;
  seen: (page: Page) => Promise<boolean>;
}

const agentsShown =
  (count: number) =>
  async (page: Page): Promise<boolean> =>
    (await page.locator('[data-agent]').count()) === count;
const sees =
  (text: string | RegExp) =>
  async (page: Page): Promise<boolean> =>
    (await page.locator('main').getByText(text).count()) > 0;

/** For each, in three windows at once: a page mostly waits, and keeps one of the six connections that a browser has to a server. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all([work(), work(), work()]);
}

/** Everything that was asked has come, or has been given up. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main') !== null && document.querySelector('[aria-label^="Loading"]') === null,
  );
}

/** A window with the hardship in it, and what breaks in it. */
async function opened(context: BrowserContext, path: string, inject: Inject) {
  const page = await context.newPage();
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(error.message));
  await inject(page);
  await page.goto(new URL(path, needed('DEMO_URL')).href);
  return { page, broken };
}

async function checkWhole(page: Page, broken: readonly string[], what: string): Promise<void> {
  const said = await page.locator('main').innerText();
  check(
    broken.length === 0 && !said.includes('This page broke'),
    `${what}: nothing breaks ${broken.join('\n  ')}`,
  );
  const sensible = said.trim() !== '' && !/undefined|NaN|\[object|– (ago|busy)/.test(said);
  check(
    sensible,
    `${what}: it says something, and nothing foolish${sensible ? '' : `: ${JSON.stringify(said)}`}`,
  );
  await screenshot(page, `hardship ${what.replaceAll(/[^a-zA-Z0-9]+/g, '-').slice(0, 60)}`);
  check(!(await scrollsSideways(page)), `${what}: it fits the screen`);
}

async function checkAxe(page: Page, what: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForSelector(`html[data-theme="${scheme}"]`);
    const violations = await axeViolations(page);
    check(violations.length === 0, `${what} in ${scheme}: axe finds nothing ${violations.join('\n  ')}`);
  }
}

/** Each page under one hardship. */
async function checkPages(
  context: BrowserContext,
  name: string,
  inject: Inject,
  proof: Proof,
  axe = false,
): Promise<void> {
  await each(PAGES, async (path) => {
    const { page, broken } = await opened(context, path, inject);
    const what = `${name}, ${path}`;
    await settled(page);
    await checkWhole(page, broken, what);
    if (path === proof.path) check(await proof.seen(page), `${what}: it is so`);
    if (axe) await checkAxe(page, what);
    await page.setViewportSize(NARROW);
    check(!(await scrollsSideways(page)), `${what}: it fits a tablet`);
    await leave(page);
  });
}

async function checkThousand(context: BrowserContext): Promise<void> {
  const { page, broken } = await opened(context, '/?sort=name', (target) => haveAgents(target, 1000));
  await page.waitForSelector('[data-agent]');
  check(
    (await page.locator('[data-agent]').count()) < 200,
    'a thousand agents: those near the screen are drawn',
  );
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForSelector('[data-agent="agent-999"]');
  check(broken.length === 0, 'a thousand agents: the last one is reached');
  await leave(page);
}

/** Where every number may be null, each cell of every agent says so. */
async function checkNulls(context: BrowserContext): Promise<void> {
  const { page } = await opened(context, '/', haveNulls);
  await page.waitForSelector('[data-agent]');
  const cells = await page.locator('[data-agent] td[data-metric]').allInnerTexts();
  check(cells.length > 0 && cells.every((text) => text.trim() === '–'), 'nothing but NULLs: a dash for each');
  await leave(page);
}

async function checkNames(context: BrowserContext, agents: readonly string[]): Promise<void> {
  let names = new Map<string, string>();
  const inject = async (page: Page): Promise<void> => {
    names = await rename(page, agents);
  };
  await checkPages(context, 'strange names', inject, { path: '/', seen: sees('W'.repeat(50)) });
  await each(agents, async (agent) => {
    const { page, broken } = await opened(context, '/', inject);
    const strange = names.get(agent) ?? '';
    await page.locator(`[data-agent=${JSON.stringify(strange)}] th a`).click();
    await page.locator('main h1').waitFor();
    await settled(page);
    await checkWhole(page, broken, `the page of ${strange.slice(0, 12)}…`);
    await leave(page);
  });
}

/** The browser's clock, by this program's. */
const isAhead = async (page: Page): Promise<boolean> =>
  (await page.evaluate(() => Date.now())) - Date.now() > 3_000_000;

/** An age says how long ago something was for the server, whose clock is right. */
async function checkClock(context: BrowserContext): Promise<void> {
  const { page, broken } = await opened(context, '/', setClockWrong);
  await page.waitForSelector('[data-agent]');
  const up = page.locator('[data-agent]').filter({ hasText: 'up' });
  const fresh = up.locator('td:last-child').filter({ hasText: /^\d+\ss$/ });
  await fresh.first().waitFor();
  check(broken.length === 0, 'a clock an hour off: who reports now was seen seconds ago');
  await page.goto(new URL(`/agents/${AGENT}`, needed('DEMO_URL')).href);
  await page.waitForSelector('figure[data-metric="latency_ms"]:not([data-points="0"]) canvas');
  check(broken.length === 0, 'a clock an hour off: the last hour is the server’s');
  await leave(page);
  await checkPages(context, 'a wrong clock', setClockWrong, { path: '/', seen: isAhead });
}

async function checkSlow(context: BrowserContext): Promise<void> {
  await each(PAGES, async (path) => {
    let release = (): void => undefined;
    const { page, broken } = await opened(context, path, async (target) => {
      release = await hold(target, (asked) => asked !== '/api/v1/me' && asked !== '/api/v1/stream');
    });
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await page.getByRole('button', { name: 'Go to…' }).click();
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('main').locator('[aria-label^="Loading"], h1').first().waitFor();
    check(
      broken.length === 0,
      `a slow server, ${path}: the page says that it waits, and goes elsewhere when asked`,
    );
    release();
    await settled(page);
    await checkWhole(page, broken, `a slow server that answers at last, ${path}`);
    await leave(page);
  });
}

async function checkErrors(context: BrowserContext): Promise<void> {
  await checkPages(context, 'errors', fail, { path: '/', seen: sees('The database does not answer.') }, true);
  await each(['/', `/agents/${AGENT}`, '/costs', '/explore', '/health'], async (path) => {
    let mend = (): Promise<void> => Promise.resolve();
    const { page, broken } = await opened(context, path, async (target) => {
      mend = await fail(target);
    });
    // While it asks, the button says so: the page is still the failed one.
    const retry = page
      .locator('main')
      .getByRole('button', { name: /^(Try again|Trying…)$/ })
      .first();
    await retry.waitFor();
    await mend();
    // The page asks again by itself too: then there is nothing left to press.
    await Promise.any([retry.click(), retry.waitFor({ state: 'detached' })]);
    await retry.waitFor({ state: 'detached' });
    await settled(page);
    await checkWhole(page, broken, `errors that are over, ${path}`);
    await leave(page);
  });
}

/** What was read stays, and says how old it is. */
async function checkStale(context: BrowserContext): Promise<void> {
  const paths = ['/', `/agents/${AGENT}`, '/health'];
  const windows = await Promise.all(paths.map((path) => opened(context, path, silence)));
  for (const { page } of windows) {
    await settled(page);
    await fail(page);
  }
  for (const [index, { page, broken }] of windows.entries()) {
    await page.getByRole('alert').filter({ hasText: 'What is shown is from' }).first().waitFor();
    await page.bringToFront();
    await checkWhole(page, broken, `stale, ${paths[index] ?? ''}`);
    await checkAxe(page, `stale, ${paths[index] ?? ''}`);
    await leave(page);
  }
}

async function main(): Promise<void> {
  const base = needed('DEMO_URL');
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: WIDE });
    const page = await context.newPage();
    await page.goto(linkAddress(base, needed('DEMO_LINK')));
    await page.waitForSelector('[data-agent]');
    const agents = await page
      .locator('[data-agent]')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-agent') ?? ''));
    await leave(page);
    await checkPages(
      context,
      'no agents',
      (target) => haveAgents(target, 0),
      { path: '/', seen: agentsShown(0) },
      true,
    );
    await checkPages(context, 'one agent', (target) => haveAgents(target, 1), {
      path: '/',
      seen: agentsShown(1),
    });
    await checkPages(context, 'a thousand agents', (target) => haveAgents(target, 1000), {
      path: '/',
      seen: sees('All 1000 agents'),
    });
    await checkThousand(context);
    await checkNames(context, agents);
    await checkNulls(context);
    await checkPages(context, 'nothing but NULLs', haveNulls, {
      path: `/agents/${AGENT}`,
      seen: sees(/not measured/),
    });
    await checkClock(context);
    await checkSlow(context);
    await checkErrors(context);
    await checkPages(
      context,
      'no server',
      cutOff,
      { path: '/', seen: sees('Sentinel does not answer') },
      true,
    );
    await checkStale(context);
  } finally {
    await Promise.all(browser.contexts().flatMap((context) => context.pages().map(leave)));
    await browser.close();
  }
}

await main();
