import { openExport, type ExportQuestion } from '../services/exports';
import { createRowCounter } from '../utils/countRows';
import type { SaveTarget } from '../utils/saveTarget';

/** What is known of an export while it runs, and of how it ended. */
export interface ExportProgress {
  /** Whole records so far; null of a spreadsheet, which comes as one file. */
  rows: number | null;
  /** As received, before packing. */
  bytes: number;
  /** Of the file. */
  savedBytes: number;
  expectedRows: number | null;
  totalBytes: number | null;
}

export const NO_PROGRESS: ExportProgress = {
  rows: 0,
  bytes: 0,
  savedBytes: 0,
  expectedRows: null,
  totalBytes: null,
};

export interface ExportWish {
  question: ExportQuestion;
  /** Packs the file while it is written. */
  gzip: boolean;
  target: SaveTarget;
}

/** A transfer in which nothing comes for so long has failed, even if the connection does not say so. */
export const STALLED_MS = 120_000;

type Piece = Uint8Array<ArrayBuffer>;

/** Calls off a transfer that stands still. */
function watchdog(onStall: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => clearTimeout(timer);
  return {
    stop,
    alive: (): void => {
      stop();
      timer = setTimeout(onStall, STALLED_MS);
    },
  };
}

function reasonOf(error: unknown, stalled: boolean): string {
  if (stalled) return `Nothing came from the server for ${STALLED_MS / 60_000} minutes.`;
  // What browsers say of a connection that was cut helps nobody.
  if (error instanceof TypeError) return 'The connection was cut before the end.';
  return error instanceof Error ? error.message : String(error);
}

function checkWhole(progress: ExportProgress, ended: boolean): void {
  const { bytes, totalBytes } = progress;
  if (!ended || (totalBytes !== null && bytes !== totalBytes)) {
    throw new Error('The server sent less than the whole.');
  }
}

/** Thrown where the reader called it off. */
export class ExportCancelled extends Error {}

/**
 * Brings an export to its target, piece by piece and no faster than the target takes them. The file is kept only when
 * all of it came; otherwise nothing is left of it, and what went wrong is thrown.
 */
export async function runExport(
  { question, gzip, target }: ExportWish,
  signal: AbortSignal,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportProgress> {
  const stall = new AbortController();
  const either = AbortSignal.any([signal, stall.signal]);
  const dog = watchdog(() => stall.abort());
  const counter = createRowCounter(question.format);
  let progress = NO_PROGRESS;
  const tell = (change: Partial<ExportProgress>): void => onProgress((progress = { ...progress, ...change }));
  try {
    const { pieces, expectedRows, totalBytes } = await openExport(question, either);
    tell({ expectedRows, totalBytes, rows: counter.rows() });
    dog.alive();
    const counted = pieces.pipeThrough(
      new TransformStream<Piece, Piece>({
        transform: (piece, control) => {
          dog.alive();
          counter.add(piece);
          tell({ rows: counter.rows(), bytes: progress.bytes + piece.length });
          control.enqueue(piece);
        },
      }),
      { signal: either },
    );
    const packed = gzip ? counted.pipeThrough(new CompressionStream('gzip')) : counted;
    await packed.pipeTo(
      new WritableStream<Piece>({
        write: async (piece) => {
          await target.write(piece);
          tell({ savedBytes: progress.savedBytes + piece.length });
        },
      }),
      { signal: either },
    );
    checkWhole(progress, counter.ended());
    await target.keep();
    return progress;
  } catch (error) {
    await target.discard();
    if (signal.aborted) throw new ExportCancelled('Cancelled.');
    throw new Error(reasonOf(error, stall.signal.aborted), { cause: error });
  } finally {
    dog.stop();
  }
}
