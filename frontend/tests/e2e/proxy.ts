// A way to a running Sentinel that can stand still, or break in the middle of an answer.
import { connect, createServer, type Socket } from 'node:net';

const HANG_GUARD_MS = 60_000;

export interface Proxy {
  url: string;
  /** From now on no connection carries more than so many bytes of answers. */
  holdAfter: (bytes: number) => void;
  /** Cuts those that stand still, as a server that dies does. Gives how many there were. */
  cut: () => number;
  /** How many of those that stood still were closed by the browser, as soon as there is one; 0 where it never leaves. */
  left: () => Promise<number>;
  release: () => void;
  close: () => void;
}

/** Passes bytes on as they are, so that pages, cookies and the live stream work through it. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  let most = Infinity;
  let left = 0;
  const onLeft: (() => void)[] = [];
  const passed = new Map<Socket, number>();
  const held = new Set<Socket>();
  const open = new Set<Socket>();
  const server = createServer((browser) => {
    const upstream = connect(Number(port), hostname);
    open.add(browser);
    passed.set(browser, 0);
    browser.pipe(upstream);
    upstream.on('data', (bytes) => {
      const sum = (passed.get(browser) ?? 0) + bytes.length;
      passed.set(browser, sum);
      browser.write(bytes);
      if (sum < most) return;
      held.add(browser);
      upstream.pause();
    });
    upstream.on('end', () => browser.end());
    browser.on('close', () => {
      if (held.delete(browser)) {
        left += 1;
        onLeft.forEach((tell) => tell());
      }
      open.delete(browser);
      upstream.destroy();
    });
    browser.on('error', () => browser.destroy());
    upstream.on('error', () => browser.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    holdAfter: (bytes) => {
      most = bytes;
      for (const socket of passed.keys()) passed.set(socket, 0);
    },
    cut: () => {
      const all = [...held];
      held.clear();
      all.forEach((socket) => socket.resetAndDestroy());
      return all.length;
    },
    left: async () => {
      if (left === 0) {
        await new Promise<void>((resolve) => {
          onLeft.push(resolve);
          setTimeout(resolve, HANG_GUARD_MS).unref();
        });
      }
      return left;
    },
    release: () => (most = Infinity),
    close: () => {
      open.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}
