// What a test in a real browser needs: Chromium, a page that is signed in, and checks that wait for a state, not a time.
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Waits end after a minute: on a busy machine a page is slow, not broken. */
export async function launch(more: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...more] });
  browser.on('context', (context) => context.setDefaultTimeout(60_000));
  return browser;
}

export function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`set ${name} in the environment`);
  return value;
}

/** `SENTINEL_LINK` is what `sentinel link` prints, or its token alone. */
export function linkAddress(base: string, link: string): string {
  return link.includes('#link=') ? link : new URL(`/sign-in#link=${encodeURIComponent(link)}`, base).href;
}

export function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`failed: ${what}`);
  console.log(`ok: ${what}`);
}

/** Collects what the page complains about: refused scripts, failed requests, uncaught errors. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    // 401 is how the page learns that nobody is signed in yet.
    if (message.type() === 'error' && !/\b401\b/.test(message.text())) complaints.push(message.text());
  });
  return complaints;
}

/** Resolves with the new text as soon as it differs from `before`. */
export async function textChanges(page: Page, selector: string, before: string): Promise<string> {
  const change = await page.waitForFunction(
    ([where, old]) => {
      const text = document.querySelector(where)?.textContent ?? '';
      return text !== '' && text !== old ? text : null;
    },
    [selector, before] as const,
    { timeout: 60_000, polling: 200 },
  );
  return String(await change.jsonValue());
}

/** Keys go where the focus is, which is a moment after what is focused is seen. */
export async function waitForFocus(target: Locator): Promise<void> {
  const element = await target.elementHandle();
  await target.page().waitForFunction((wanted) => document.activeElement === wanted, element);
}

interface AxeViolation {
  id: string;
  help: string;
  nodes: { target: string[] }[];
}

/**
 * Every rule of axe, WCAG 2.2 AA among them; gives one line a violation. The size of targets axe measures only when it is asked,
 * and what is scrolled half under the bar is no small target.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  // The page's policy refuses inline scripts, so axe is put in from outside.
  await page.evaluate(await readFile(source, 'utf8'));
  const violations = await page.evaluate<AxeViolation[]>(
    'axe.run({ rules: { "target-size": { enabled: scrollY === 0 } } }).then((result) => result.violations)',
  );
  return violations.map((violation) => {
    const where = violation.nodes.slice(0, 3).map((node) => node.target.join(' '));
    return `${violation.id}: ${violation.help} (${where.join('; ')})`;
  });
}

export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder === undefined || folder === '') return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Whether a page is wider than the screen. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

export const WIDE = { width: 1440, height: 900 };
const TABLET = { width: 768, height: 1024 };

/** Light, dark and on a tablet: pictures, and no complaint of axe. */
export async function checkLooks(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForSelector(`html[data-theme="${scheme}"]`);
    const violations = await axeViolations(page);
    check(violations.length === 0, `${name} in ${scheme}: axe finds nothing ${violations.join('\n  ')}`);
    await screenshot(page, `${name}-${scheme}`);
  }
  await page.setViewportSize(TABLET);
  check(!(await scrollsSideways(page)), `${name} fits a tablet`);
  await screenshot(page, `${name}-tablet`);
  await page.setViewportSize(WIDE);
}

const run = promisify(execFile);

/** What a person would type in a shell. */
export async function shell(command: string): Promise<string> {
  const { stdout } = await run('bash', ['-c', command]);
  return stdout;
}

/** Signs in by a link of its own: each is good once. Needs the folder of the running server and its binaries. */
export async function signInAnew(page: Page): Promise<void> {
  const { stdout } = await run(join(needed('SENTINEL_BIN'), 'sentinel'), [
    'link',
    '--data',
    needed('SENTINEL_DATA'),
  ]);
  const token = /sl_[a-z0-9]+/.exec(stdout)?.[0] ?? '';
  await page.goto(linkAddress(needed('SENTINEL_URL'), token));
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

/** Buttons and fields that a finger would miss, in a tablet that is touched. Links within a sentence may be as high as it. */
export async function checkTouch(browser: Browser, page: Page, name: string): Promise<void> {
  const storageState = await page.context().storageState();
  const context = await browser.newContext({
    storageState,
    viewport: TABLET,
    hasTouch: true,
    isMobile: true,
  });
  const touched = await context.newPage();
  await touched.goto(page.url());
  await touched.waitForSelector('main h1', { timeout: 60_000 });
  await touched.waitForSelector('main [role="status"][aria-label^="Loading"]', { state: 'detached' });
  const small = await touched.locator('main button, main input, main select').evaluateAll((elements) =>
    elements
      .map((element) => {
        const box = (element.closest('label') ?? element).getBoundingClientRect();
        return { words: element.getAttribute('aria-label') ?? element.textContent, box };
      })
      .filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
      .map(({ words, box }) => `${words} is ${Math.round(box.width)} x ${Math.round(box.height)}`),
  );
  check(small.length === 0, `${name}: a finger hits every target ${small.join('\n  ')}`);
  check(!(await scrollsSideways(touched)), `${name} fits a tablet that is touched`);
  await context.close();
}
