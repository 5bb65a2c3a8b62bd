// The dashboard's goals, measured in Chromium against a real Sentinel. Started by run.sh.
import { mkdtemp, chmod, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launch, WIDE } from '../tests/e2e/support.ts';
import { Feed } from './feed.ts';
import { measureFrames } from './frames.ts';
import { hurry, KEEP_CODE, measureHeap } from './heap.ts';
import { hasLighthouse, measureLighthouse, type AuditedPage } from './lighthouse.ts';
import { measurePaint } from './paint.ts';
import { reportOf, type Figures } from './report.ts';
import { createKey, signIn, startDemo, startEmpty, type Server } from './stack.ts';

const PARTS = (process.env.BENCH_PARTS ?? 'frames heap paint lighthouse').split(' ');
const AGENTS = Number(process.env.BENCH_AGENTS ?? 50);
const DAYS = Number(process.env.BENCH_DAYS ?? 30);
const RESULTS = join(import.meta.dirname, '..', '..', 'backend', 'benchmarks', 'results', 'dashboard.md');

/** Agents that measure everything, in a Sentinel of their own. */
async function measureLive(browser: Browser, server: Server, figures: Figures): Promise<void> {
  const key = await createKey(server);
  if (PARTS.includes('frames')) {
    const page = await browser.newPage({ viewport: WIDE });
    await signIn(page, server);
    figures.frames = await measureFrames(page, server.url, new Feed(server.url, key, 'by-the-second'));
    console.log('frames:', figures.frames);
    await page.context().close();
  }
  if (PARTS.includes('heap')) {
    const steady = await launch(KEEP_CODE);
    try {
      const page = await steady.newPage({ viewport: WIDE });
      await hurry(page);
      await signIn(page, server);
      figures.heap = await measureHeap(page, server.url, new Feed(server.url, key, 'in-a-hurry'));
    } finally {
      await steady.close();
    }
  }
}

const FLEET: AuditedPage = {
  name: 'fleet',
  path: '/',
  problem: `(() => {
    const names = new Set([...document.querySelectorAll('[data-agent]')].map((row) => row.getAttribute('data-agent')));
    return names.size === ${AGENTS} ? '' : names.size + ' agents in ' + document.title;
  })()`,
};

function agentPage(name: string): AuditedPage {
  return {
    name: 'agent',
    path: `/agents/${name}`,
    problem: `(() => {
      const charts = document.querySelectorAll('figure:not([data-points="0"]) canvas').length;
      return charts >= 3 && document.body.textContent.includes('${name}') ? '' : charts + ' charts in ' + document.title;
    })()`,
  };
}

/** A fleet with a history. */
async function measureFleet(browser: Browser, server: Server, figures: Figures): Promise<void> {
  if (PARTS.includes('paint')) {
    figures.paints = await measurePaint(browser, server, AGENTS, ['', 'now-30d']);
  }
  if (PARTS.includes('lighthouse') && hasLighthouse()) {
    figures.audits = await measureLighthouse(browser, server, [FLEET, agentPage('support-bot')]);
  }
}

async function main(): Promise<void> {
  if (PARTS.includes('lighthouse') && !hasLighthouse()) {
    console.error(
      'bench-dashboard: Lighthouse is missing; to have it: npm ci --prefix frontend/benchmarks/lighthouse',
    );
  }
  const loadBefore = loadavg()[0] ?? 0;
  const folder = await mkdtemp(join(tmpdir(), 'sentinel-dashboard-'));
  await chmod(folder, 0o755);
  const figures: Figures = { agents: AGENTS, days: DAYS };
  const browser = await launch();
  const servers: Server[] = [];
  const begin = async (server: Promise<Server>): Promise<Server> => {
    servers.push(await server);
    return server;
  };
  try {
    if (PARTS.includes('frames') || PARTS.includes('heap')) {
      const server = await begin(startEmpty(join(folder, 'live')));
      await measureLive(browser, server, figures);
      await server.stop();
    }
    if (PARTS.includes('paint') || PARTS.includes('lighthouse')) {
      await measureFleet(browser, await begin(startDemo(join(folder, 'fleet'), AGENTS, DAYS)), figures);
    }
    const text = reportOf(figures, browser.version(), loadBefore);
    console.log(`\n${text}`);
    if (process.env.RESULTS) await writeFile(RESULTS, text);
  } finally {
    await browser.close();
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
