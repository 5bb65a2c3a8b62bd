import { useSyncExternalStore } from 'react';
import { ExportCancelled, NO_PROGRESS, runExport, type ExportProgress, type ExportWish } from './exportRun';

export type ExportPhase = 'running' | 'done' | 'failed' | 'cancelled';

/** The export of this tab: it goes on while other pages are looked at. */
export interface ExportJob {
  phase: ExportPhase;
  /** Of the file. */
  name: string;
  wish: ExportWish;
  progress: ExportProgress;
  startedMs: number;
  /** When it ended, or was last told of. */
  atMs: number;
  /** Why it failed. */
  reason: string | null;
}

/** Numbers that change more often than this are not read. */
const TELL_MS = 250;

let job: ExportJob | null = null;
let controller: AbortController | null = null;
const listeners = new Set<() => void>();

function set(next: ExportJob | null): void {
  job = next;
  listeners.forEach((listener) => listener());
}

/** The tab must not close unasked while its file is not whole. */
function holdTab(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Begins an export; one that runs already goes on, and the new one is not begun. */
export async function startExport(name: string, wish: ExportWish): Promise<void> {
  if (job?.phase === 'running') {
    await wish.target.discard();
    return;
  }
  const own = new AbortController();
  controller = own;
  const startedMs = Date.now();
  let current: ExportJob = {
    phase: 'running',
    name,
    wish,
    progress: NO_PROGRESS,
    startedMs,
    atMs: startedMs,
    reason: null,
  };
  const change = (part: Partial<ExportJob>): void => {
    current = { ...current, ...part, atMs: Date.now() };
    set(current);
  };
  set(current);
  window.addEventListener('beforeunload', holdTab);
  let newest = NO_PROGRESS;
  // By the clock: where the transfer stands still, what came last is told too.
  const timer = setInterval(() => change({ progress: newest }), TELL_MS);
  try {
    const progress = await runExport(wish, own.signal, (next) => (newest = next));
    change({ phase: 'done', progress });
  } catch (error) {
    if (error instanceof ExportCancelled) change({ phase: 'cancelled', progress: newest });
    else change({ phase: 'failed', progress: newest, reason: (error as Error).message });
  } finally {
    clearInterval(timer);
    window.removeEventListener('beforeunload', holdTab);
  }
}

/** Ends the transfer, and with it the server's query. */
export function cancelExport(): void {
  controller?.abort();
}

/** How an export ended is not told for ever. */
export function forgetExport(): void {
  if (job?.phase !== 'running') set(null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useExportJob(): ExportJob | null {
  return useSyncExternalStore(subscribe, () => job);
}
