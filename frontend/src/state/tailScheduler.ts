export interface TailScheduler {
  /** Asks for everything since this moment; requests that come while one runs are answered together. */
  request: (sinceMs: number) => void;
  stop: () => void;
}

const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 60_000;

/** Runs at most once in `gapMs` and never twice at a time. What failed is asked for again, with the next request or alone. */
export function createTailScheduler(run: (sinceMs: number) => Promise<void>, gapMs: number): TailScheduler {
  let wanted: number | null = null;
  let failed: number | null = null;
  let retryMs = FIRST_RETRY_MS;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let stopped = false;
  let lastRun = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const schedule = (): void => {
    if (running || stopped || wanted === null || timer !== undefined) return;
    timer = setTimeout(() => void start(), Math.max(0, lastRun + gapMs - Date.now()));
  };

  const start = async (): Promise<void> => {
    timer = undefined;
    const since = wanted;
    if (since === null || stopped) return;
    wanted = null;
    running = true;
    lastRun = Date.now();
    clearTimeout(retry);
    try {
      await run(since);
      retryMs = FIRST_RETRY_MS;
    } catch {
      failed = since;
      retryLater();
    }
    running = false;
    schedule();
  };

  // A quiet agent may send no next request for hours: the gap in its chart must close by itself.
  const retryLater = (): void => {
    if (stopped) return;
    retry = setTimeout(() => {
      if (failed !== null) request(failed);
    }, retryMs);
    retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
  };

  const request = (sinceMs: number): void => {
    wanted = Math.min(wanted ?? sinceMs, failed ?? sinceMs, sinceMs);
    failed = null;
    schedule();
  };

  return {
    request,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(retry);
    },
  };
}
