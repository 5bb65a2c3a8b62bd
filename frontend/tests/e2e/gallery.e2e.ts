// The charts' pictures against those in tests/gallery/pictures, in light and dark. SENTINEL_UPDATE=1 writes them anew.
//   node --experimental-strip-types tests/e2e/gallery.e2e.ts
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { difference, encodePicture, readPicture, type Picture } from '../gallery/pictures.ts';
import { check, collectComplaints, launch, screenshot } from './support.ts';

const GALLERY = join(import.meta.dirname, '..', 'gallery');
const ADDRESS = 'http://gallery.test/';
const MOST_DIFFERING = 0.005;
/** Larger than any scene: nothing is scrolled. */
const VIEWPORT = { width: 800, height: 1000 };
const FLAGS = ['--disable-lcd-text', '--font-render-hinting=none', '--force-color-profile=srgb'];

/** The page is built for this test alone and never leaves memory. */
async function buildGallery(): Promise<Map<string, string | Uint8Array>> {
  const built = (await build({
    configFile: false,
    root: GALLERY,
    logLevel: 'error',
    plugins: [react()],
    build: { write: false, target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  })) as Rolldown.RolldownOutput;
  return new Map(
    built.output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]),
  );
}

const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  woff2: 'font/woff2',
};

async function serve(page: Page, files: Map<string, string | Uint8Array>): Promise<void> {
  await page.route(`${ADDRESS}**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
    const body = files.get(name);
    if (body === undefined) return route.fulfill({ status: 404 });
    const contentType = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return route.fulfill({ body: Buffer.from(body), contentType });
  });
}

async function takePicture(page: Page, scene: string, theme: string, fault = ''): Promise<Picture> {
  await page.goto(`${ADDRESS}#${new URLSearchParams({ scene, theme, fault }).toString()}`);
  const shown = page.locator(`[data-scene="${scene}"][data-shown="${theme}"]`);
  await shown.waitFor();
  return readPicture(page, await shown.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css' }));
}

const pictureFile = (scene: string, theme: string): string =>
  join(GALLERY, 'pictures', `${scene}-${theme}.png`);

async function keptPicture(page: Page, scene: string, theme: string): Promise<Picture> {
  return readPicture(page, await readFile(pictureFile(scene, theme)));
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

async function checkPictures(page: Page, theme: string, scenes: readonly string[]): Promise<void> {
  let worst = { scene: '', share: 0 };
  const failed: string[] = [];
  for (const scene of scenes) {
    const picture = await takePicture(page, scene, theme);
    if (process.env.SENTINEL_UPDATE) await writeFile(pictureFile(scene, theme), encodePicture(picture));
    const share = difference(picture, await keptPicture(page, scene, theme));
    if (share > worst.share) worst = { scene, share };
    if (share <= MOST_DIFFERING) continue;
    failed.push(`${scene} differs in ${percent(share)} of its pixels`);
    await keepFailed(`${scene}-${theme}`, picture);
  }
  check(failed.length === 0, `${scenes.length} charts in ${theme} look as before ${failed.join('\n  ')}`);
  if (worst.share > 0) console.log(`    the most differing is ${worst.scene}: ${percent(worst.share)}`);
}

/** What was drawn instead, to look at. */
async function keepFailed(name: string, picture: Picture): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder === undefined || folder === '') return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `gallery-${name}.png`), encodePicture(picture));
}

/** A comparison that finds nothing proves nothing: with every axis upside down every chart has to look different. */
async function checkFault(page: Page, scenes: readonly string[]): Promise<void> {
  const unseen: string[] = [];
  let least = { scene: '', share: 1 };
  for (const scene of scenes) {
    const kept = await keptPicture(page, scene, 'light');
    const share = difference(kept, await takePicture(page, scene, 'light', 'flipped-axis'));
    if (share < least.share) least = { scene, share };
    if (share <= MOST_DIFFERING) unseen.push(`${scene}: ${percent(share)}`);
  }
  check(unseen.length === 0, `a flipped axis is seen in ${scenes.length} charts ${unseen.join('\n  ')}`);
  console.log(`    the least differing is ${least.scene}: ${percent(least.share)}`);
}

async function main(): Promise<void> {
  const files = await buildGallery();
  const browser = await launch(FLAGS);
  try {
    const page = await browser.newPage({ viewport: VIEWPORT, deviceScaleFactor: 1, locale: 'en-GB' });
    const complaints = collectComplaints(page);
    await serve(page, files);
    await page.goto(ADDRESS);
    await page.waitForSelector('[data-scene]');
    const scenes = await page
      .locator('[data-scene]')
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-scene') ?? ''));
    await screenshot(page, 'gallery');
    await page.evaluate(() => document.fonts.ready);
    check(
      await page.evaluate(() => [...document.fonts].some((font) => font.status === 'loaded')),
      'letters are those of the bundled font',
    );
    for (const theme of ['light', 'dark']) await checkPictures(page, theme, scenes);
    // Where nothing is measured there is no axis, a sparkline has none, and one point is few pixels.
    const withAxis = scenes.filter((scene) => !['nothing', 'sparklines', 'one-point'].includes(scene));
    await checkFault(page, withAxis);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
  } finally {
    await browser.close();
  }
}

await main();
