export interface TailScheduler {
  /** Asks for everything since this moment; requests that come while one runs are answered together. */
  request: (sinceMs: number) => void;
  stop: () => void;
}

/** Runs at most once in `gapMs` and never twice at a time. What failed is asked for again with the next request. */
export function createTailScheduler(run: (sinceMs: number) => Promise<void>, gapMs: number): TailScheduler {
  let wanted: number | null = null;
  let failed: number | null = null;
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
    try {
      await run(since);
    } catch {
      failed = since;
    }
    running = false;
    schedule();
  };

  return {
    request: (sinceMs) => {
      wanted = Math.min(wanted ?? sinceMs, failed ?? sinceMs, sinceMs);
      failed = null;
      schedule();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
