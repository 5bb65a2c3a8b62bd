import { useSyncExternalStore } from 'react';

/** A browser's clock may be wrong by minutes; below this it is the network, not the clock. */
const IGNORED_SKEW_MS = 2000;
const TICK_MS = 1000;

let skewMs = 0;
let tickMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Now, by the server's clock as far as it is known. */
export function serverNow(): number {
  return Date.now() + skewMs;
}

/** Corrects for a browser clock that differs from the server's. */
export function learnServerTime(serverTime: string): void {
  const at = Date.parse(serverTime);
  if (!Number.isFinite(at)) return;
  const difference = at - Date.now();
  skewMs = Math.abs(difference) > IGNORED_SKEW_MS ? difference : 0;
}

function tick(): void {
  if (document.hidden) return;
  tickMs = serverNow();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    tickMs = serverNow();
    timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}

/** What `write` says of the time; who shows it is drawn again only when that changes, not every second. */
export function useTimeText(write: (nowMs: number) => string): string {
  return useSyncExternalStore(subscribe, () => write(tickMs));
}

/** The time, one step a second, the same for every reader on the page; it rests while the tab is hidden. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => tickMs);
}
