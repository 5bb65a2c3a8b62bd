// Three ways through one journey: with a mouse, by keys alone, and by fingers on a tablet. A journey says what is done; a way
// knows how, and what must hold in each picture that is taken on it.
import type { Browser, BrowserContextOptions, ElementHandle, Locator, Page } from 'playwright-core';
import { axeViolations, check, screenshot, scrollsSideways } from '../support.ts';
import { focusProblem, hoverOnly, smallTargets } from './checks.ts';

export interface Way {
  name: string;
  page: Page;
  /** Presses a button, follows a link, ticks a box. */
  press: (target: Locator) => Promise<void>;
  /** Leaves what is open without choosing. */
  leave: (opener: Locator) => Promise<void>;
  /** Writes into a field, in place of what it holds. */
  write: (target: Locator, text: string) => Promise<void>;
  /** What a mouse, keys or a finger that rest on something are told of it. */
  hint: (target: Locator) => Promise<string>;
  /** Puts the crosshair of the charts on a moment. */
  point: (ms: number) => Promise<void>;
  /** Looks into a part of the charts' range; keys take a quarter of the range around the middle of it. */
  select: (startMs: number, endMs: number) => Promise<void>;
  shot: (name: string) => Promise<void>;
}

export interface WayOfWalking {
  name: string;
  context: BrowserContextOptions;
  begin: (page: Page) => Promise<Way>;
}

const DESK = { width: 1280, height: 800 };
const PORTRAIT = { width: 768, height: 1024 };
const LANDSCAPE = { width: 1024, height: 768 };

const charts = (page: Page): Locator => page.getByRole('slider');

/** Where a moment is on the screen: within the plot of the first chart, above which are the events. */
async function placeOf(page: Page, ms: number): Promise<{ x: number; y: number }> {
  const layer = charts(page);
  await layer.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  const box = await layer.boundingBox();
  const start = Number(await layer.getAttribute('aria-valuemin'));
  const end = Number(await layer.getAttribute('aria-valuemax'));
  if (!box) throw new Error('the charts have no size');
  return { x: box.x + (box.width * (ms - start)) / (end - start), y: box.y + 120 };
}

async function picture(page: Page, way: string, name: string): Promise<void> {
  check(!(await scrollsSideways(page)), `${name}: nothing scrolls sideways`);
  await screenshot(page, `journey-${name}-${way}`);
}

async function overwrite(page: Page, text: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(text);
}

async function byMouse(page: Page): Promise<Way> {
  const name = 'mouse';
  return Promise.resolve({
    name,
    page,
    press: (target) => target.click(),
    leave: () => page.keyboard.press('Escape'),
    write: async (target, text) => {
      await target.click();
      await overwrite(page, text);
    },
    // The browser shows the title; a page cannot see that.
    hint: async (target) => {
      await target.hover();
      return (await target.getAttribute('title')) ?? '';
    },
    point: async (ms) => {
      const { x, y } = await placeOf(page, ms);
      await page.mouse.move(x, y);
    },
    select: async (startMs, endMs) => {
      const from = await placeOf(page, startMs);
      const to = await placeOf(page, endMs);
      await page.keyboard.down('Shift');
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(to.x, to.y, { steps: 4 });
      await page.mouse.up();
      await page.keyboard.up('Shift');
    },
    shot: async (shown) => {
      const violations = await axeViolations(page);
      check(violations.length === 0, `${shown}: axe finds nothing ${violations.join('\n  ')}`);
      await picture(page, name, shown);
    },
  });
}

/** More than any page has stops. */
const MOST_STOPS = 300;

/** The next key towards an element. Items of a menu are reached by arrows, all else by Tab. */
function keyTowards(element: Element): string {
  const { activeElement } = document;
  if (element === activeElement) return 'there';
  if (!element.isConnected) return 'gone';
  if (element.closest('[role="menu"]')) return 'ArrowDown';
  const isBefore = activeElement && activeElement.compareDocumentPosition(element) & 2;
  return isBefore ? 'Shift+Tab' : 'Tab';
}

async function walkTo(page: Page, target: Locator): Promise<void> {
  // Found once: by its name it is looked for in the whole page.
  const find = () => target.elementHandle() as Promise<ElementHandle<Element>>;
  let element = await find();
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    const key = await element.evaluate(keyTowards);
    if (key === 'there') return;
    if (key === 'gone') element = await find();
    else await page.keyboard.press(key);
  }
  throw new Error(`no key leads to ${String(target)}`);
}

/** What hides the focus and stays: a menu is placed a moment after it opened. */
async function lastingFocusProblem(page: Page): Promise<string | null> {
  const end = performance.now() + 10_000;
  let problem = await focusProblem(page);
  while (problem !== null && performance.now() < end) {
    await page.evaluate(() => new Promise(requestAnimationFrame));
    problem = await focusProblem(page);
  }
  return problem;
}

async function walkVisibly(page: Page, target: Locator): Promise<void> {
  await walkTo(page, target);
  const problem = await lastingFocusProblem(page);
  if (problem !== null) throw new Error(`failed: ${String(target)} shows that it has the focus: ${problem}`);
}

async function byKeys(page: Page): Promise<Way> {
  const name = 'keys';
  const repeat = async (key: string, count: number): Promise<void> => {
    for (let done = 0; done < count; done += 1) await page.keyboard.press(key);
  };
  /** Steps of the crosshair from the newest moment; ten at once with Shift. */
  const point = async (ms: number): Promise<void> => {
    const layer = charts(page);
    await walkVisibly(page, layer);
    await page.keyboard.press('End');
    const end = Number(await layer.getAttribute('aria-valuenow'));
    await page.keyboard.press('ArrowLeft');
    const step = end - Number(await layer.getAttribute('aria-valuenow'));
    const steps = Math.round((end - ms) / step) - 1;
    await repeat('Shift+ArrowLeft', Math.floor(steps / 10));
    await repeat('ArrowLeft', steps % 10);
  };
  return Promise.resolve({
    name,
    page,
    press: async (target) => {
      await walkVisibly(page, target);
      await page.keyboard.press((await target.getAttribute('type')) === 'checkbox' ? 'Space' : 'Enter');
    },
    leave: () => page.keyboard.press('Escape'),
    write: async (target, text) => {
      await walkVisibly(page, target);
      await overwrite(page, text);
    },
    hint: async (target) => {
      await walkVisibly(page, target);
      return page.locator('[data-hint]').innerText();
    },
    point,
    select: async (startMs, endMs) => {
      await point((startMs + endMs) / 2);
      await page.keyboard.press('Shift+Enter');
    },
    shot: async (shown) => {
      // What was pressed may be gone with its page: the next stop is where one is.
      if (await page.evaluate(() => document.activeElement === document.body))
        await page.keyboard.press('Tab');
      const problem = await lastingFocusProblem(page);
      check(problem === null, `${shown}: the focus is seen ${problem ?? ''}`);
      await picture(page, name, shown);
    },
  });
}

async function byFingers(page: Page): Promise<Way> {
  const { width, height } = page.viewportSize() ?? PORTRAIT;
  const name = `touch-${width}x${height}`;
  const session = await page.context().newCDPSession(page);
  const finger = (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  return {
    name,
    page,
    press: (target) => target.tap(),
    leave: (opener) => opener.tap(),
    write: async (target, text) => {
      await target.tap();
      await overwrite(page, text);
    },
    hint: async (target) => {
      await target.scrollIntoViewIfNeeded();
      const box = await target.boundingBox();
      await finger('touchStart', (box?.x ?? 0) + 10, (box?.y ?? 0) + 10);
      const told = await page.locator('[data-hint]').innerText();
      await finger('touchEnd');
      return told;
    },
    point: async (ms) => {
      const { x, y } = await placeOf(page, ms);
      await page.touchscreen.tap(x, y);
    },
    select: async (startMs, endMs) => {
      const from = await placeOf(page, startMs);
      const to = await placeOf(page, endMs);
      await finger('touchStart', from.x, from.y);
      await page.waitForSelector('[data-testid="brush"][data-selects]');
      // Fingers do not move along a line: the page must not take this for scrolling.
      for (const part of [0.25, 0.5, 0.75, 1]) {
        await finger('touchMove', from.x + (to.x - from.x) * part, from.y - 60 * part);
      }
      await finger('touchEnd');
    },
    shot: async (shown) => {
      const small = await smallTargets(page);
      check(small.length === 0, `${shown}: a finger hits every target ${small.join('\n  ')}`);
      const hidden = await hoverOnly(page);
      check(hidden.length === 0, `${shown}: nothing waits for a mouse to be over it ${hidden.join('\n  ')}`);
      await picture(page, name, shown);
    },
  };
}

const tablet = (viewport: { width: number; height: number }): WayOfWalking => ({
  name: `touched at ${viewport.width} x ${viewport.height}`,
  context: { viewport, hasTouch: true, isMobile: true },
  begin: byFingers,
});

export const WAYS: readonly WayOfWalking[] = [
  { name: 'with a mouse', context: { viewport: DESK }, begin: byMouse },
  { name: 'by keys alone', context: { viewport: DESK }, begin: byKeys },
  tablet(PORTRAIT),
  tablet(LANDSCAPE),
];

/** A page of its own, signed in as nobody. */
export async function beginWay(browser: Browser, way: WayOfWalking): Promise<Way> {
  const context = await browser.newContext({ colorScheme: 'light', ...way.context });
  // A dialog of the system is out of a test's reach: this browser is one that has none.
  await context.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  return way.begin(await context.newPage());
}
