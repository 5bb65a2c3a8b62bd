// A real Sentinel for the gauges, and a browser that is signed in to it.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { linkAddress, needed, WIDE } from '../tests/e2e/support.ts';

export const DASHBOARD = join(import.meta.dirname, '..', 'dist');

export interface Server {
  url: string;
  data: string;
  stop: () => Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const program = (): string => join(needed('SENTINEL_BENCH_BIN'), 'sentinel');

/** Resolves once the program has printed its sign-in link: then it answers. */
async function linkPrinted(child: ChildProcess): Promise<void> {
  let text = '';
  const printed = new Promise<void>((resolve) => {
    const read = (part: Buffer): void => {
      text += part.toString();
      if (text.includes('#link=')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`sentinel ended before it answered:\n${text}`);
  });
  await Promise.race([printed, ended]);
  ended.catch(() => undefined);
}

async function start(data: string, words: readonly string[]): Promise<Server> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program(), [...words, '--data', data, '--listen', address, '--dashboard', DASHBOARD], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  try {
    await linkPrinted(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://${address}`, data, stop };
}

export const startEmpty = (data: string): Promise<Server> =>
  start(data, ['up', '--otlp-listen', '', '--grpc-listen', '']);

export const startDemo = (data: string, agents: number, days: number): Promise<Server> =>
  start(data, ['demo', '--agents', String(agents), '--days', String(days)]);

const run = promisify(execFile);

export async function createKey({ data }: Server): Promise<string> {
  const words = ['keys', 'create', '--name', 'gauge', '--scope', 'ingest', '--data', data];
  return (await run(program(), words)).stdout.trim();
}

/** A link of its own: each is good once. */
export async function createLink({ url, data }: Server): Promise<string> {
  const { stdout } = await run(program(), ['link', '--data', data]);
  return linkAddress(url, /sl_[a-z0-9]+/.exec(stdout)?.[0] ?? '');
}

export async function signIn(page: Page, server: Server): Promise<void> {
  await page.goto(await createLink(server));
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

/** A window with nothing in its cache, signed in by the cookie of another one. */
export async function signedIn(browser: Browser, server: Server): Promise<() => Promise<BrowserContext>> {
  const context = await browser.newContext();
  await signIn(await context.newPage(), server);
  const storageState = await context.storageState();
  await context.close();
  return () => browser.newContext({ storageState, viewport: WIDE });
}
