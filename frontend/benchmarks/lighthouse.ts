// Lighthouse on the pages of somebody who is signed in. It is a package of its own: see README.md beside this.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { FLAGS } from '../tests/e2e/support.ts';
import { signedIn, type Server } from './stack.ts';

const FOLDER = join(import.meta.dirname, 'lighthouse');
const MODULES = join(FOLDER, 'node_modules');
const RUNS = Number(process.env.BENCH_RUNS ?? 5);
export const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
export type Category = (typeof CATEGORIES)[number];
export const PRESETS = ['desktop', 'mobile'] as const;
export type Preset = (typeof PRESETS)[number];

export interface Audit {
  page: string;
  preset: Preset;
  /** Of each run, out of 100. */
  scores: Record<Category, number[]>;
  largestMs: number[];
  blockedMs: number[];
  /** What cost points, by the audit's own title. */
  faults: string[];
}

/** The parts of Lighthouse and of its Puppeteer that are used. */
interface Result {
  lhr: {
    categories: Record<Category, { score: number | null; auditRefs: { id: string; weight: number }[] }>;
    audits: Record<
      string,
      { title: string; score: number | null; numericValue?: number; displayValue?: string }
    >;
    runtimeError?: { message: string };
  };
}
interface Tab {
  evaluate: <T>(script: string) => Promise<T>;
  close: () => Promise<void>;
}
interface Chromium {
  newPage: () => Promise<Tab>;
  setCookie: (...cookies: Record<string, unknown>[]) => Promise<void>;
  close: () => Promise<void>;
}
interface Puppeteer {
  launch: (options: Record<string, unknown>) => Promise<Chromium>;
}
type Lighthouse = (
  url: string,
  flags: Record<string, unknown>,
  config: unknown,
  page: Tab,
) => Promise<Result | undefined>;

export function hasLighthouse(): boolean {
  return existsSync(join(MODULES, 'lighthouse'));
}

async function load<T>(path: string): Promise<T> {
  const loaded = (await import(pathToFileURL(join(MODULES, path)).href)) as { default: T };
  return loaded.default;
}

export interface AuditedPage {
  name: string;
  path: string;
  /** A script that says in words what is wrong with the page at the end, or nothing: a refusal may have good marks too. */
  problem: string;
}

function readRun(audit: Audit, { lhr }: Result): void {
  if (lhr.runtimeError) throw new Error(`lighthouse: ${lhr.runtimeError.message}`);
  for (const category of CATEGORIES) {
    const { score: whole, auditRefs } = lhr.categories[category];
    audit.scores[category].push(Math.round((whole ?? 0) * 100));
    for (const { id, weight } of auditRefs) {
      const found = lhr.audits[id];
      const score = found?.score ?? 1;
      if (weight === 0 || !found || score >= 0.9) continue;
      const words = [found.title, found.displayValue ?? ''].filter((text) => text !== '').join(', ');
      if (!audit.faults.some((fault) => fault.startsWith(found.title))) audit.faults.push(words);
    }
  }
  audit.largestMs.push(lhr.audits['largest-contentful-paint']?.numericValue ?? Number.NaN);
  audit.blockedMs.push(lhr.audits['total-blocking-time']?.numericValue ?? Number.NaN);
}

export async function measureLighthouse(
  browser: Browser,
  server: Server,
  pages: readonly AuditedPage[],
): Promise<Audit[]> {
  const lighthouse = await load<Lighthouse>('lighthouse/core/index.js');
  const desktop = await load<unknown>('lighthouse/core/config/desktop-config.js');
  const puppeteer = await load<Puppeteer>('puppeteer-core/lib/esm/puppeteer/puppeteer-core.js');
  const context = await (await signedIn(browser, server))();
  const cookies = await context.cookies();
  await context.close();
  const chromium = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  const audits: Audit[] = [];
  try {
    await chromium.setCookie(...cookies.map((cookie) => ({ ...cookie })));
    for (const { name, path, problem } of pages) {
      for (const preset of PRESETS) {
        const scores = { performance: [], accessibility: [], 'best-practices': [] };
        const audit: Audit = { page: name, preset, scores, largestMs: [], blockedMs: [], faults: [] };
        for (let run = 0; run < RUNS; run += 1) {
          const tab = await chromium.newPage();
          const result = await lighthouse(
            new URL(path, server.url).href,
            { onlyCategories: [...CATEGORIES], logLevel: 'error', output: 'json' },
            preset === 'desktop' ? desktop : undefined,
            tab,
          );
          if (!result) throw new Error('lighthouse gave no result');
          const wrong = await tab.evaluate<string>(problem);
          if (wrong !== '') throw new Error(`lighthouse saw another page than ${name}: ${wrong}`);
          readRun(audit, result);
          await tab.close();
        }
        audits.push(audit);
        const told = CATEGORIES.map((category) => `${category} ${audit.scores[category].join(' ')}`);
        console.log(`lighthouse ${name}, ${preset}: ${told.join('; ')}`);
      }
    }
  } finally {
    await chromium.close();
  }
  return audits;
}
