import { saveBlob } from './save';

type Piece = Uint8Array<ArrayBuffer>;

/** Where a long file goes, piece by piece. Before `keep` there is none that could be taken for a whole one. */
export interface SaveTarget {
  kind: 'disk' | 'memory';
  write: (piece: Piece) => Promise<void>;
  keep: () => Promise<void>;
  discard: () => Promise<void>;
}

/** Browsers that can write to a file of the reader's choice have this; TypeScript's library does not yet. */
type FilePicker = (options: { suggestedName: string }) => Promise<RemovableFile>;
type RemovableFile = FileSystemFileHandle & { remove?: () => Promise<void> };

function filePicker(): FilePicker | null {
  const { showSaveFilePicker } = window as { showSaveFilePicker?: FilePicker };
  return showSaveFilePicker?.bind(window) ?? null;
}

export function canSaveToDisk(): boolean {
  return filePicker() !== null;
}

/** What the dialog made is empty; what it was asked to replace is not, and stays. */
async function removeEmpty(file: RemovableFile): Promise<void> {
  if ((await file.getFile()).size === 0) await file.remove?.();
}

/** Asks the reader for a file; null where the dialog was closed. The browser writes beside it until `keep`. */
export async function askForFile(name: string): Promise<SaveTarget | null> {
  let file: RemovableFile;
  try {
    file = await (filePicker() ?? refuse)({ suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
  const writable = await file.createWritable();
  return {
    kind: 'disk',
    write: (piece) => writable.write(piece),
    keep: () => writable.close(),
    discard: async () => {
      await writable.abort().catch(() => undefined);
      await removeEmpty(file).catch(() => undefined);
    },
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('This browser asks for no file.'));
}

/** As much as a page may well hold; browsers put large blobs on disk, but not without end. */
export const MOST_MEMORY_BYTES = 1_000_000_000;
/** Pieces are gathered to blobs of this size, which the browser may keep elsewhere than in the page's own memory. */
const BLOB_BYTES = 8_000_000;

/** Gathers the file in the browser and gives it to the reader when it is whole. */
export function gatherInMemory(name: string, type: string, mostBytes = MOST_MEMORY_BYTES): SaveTarget {
  let blobs: Blob[] = [];
  let pieces: Piece[] = [];
  let pending = 0;
  let total = 0;
  const pack = (): void => {
    if (pieces.length > 0) blobs.push(new Blob(pieces));
    pieces = [];
    pending = 0;
  };
  return {
    kind: 'memory',
    write: (piece) => {
      total += piece.length;
      if (total > mostBytes) {
        return Promise.reject(
          new Error(
            `This browser would have to hold more than ${Math.round(mostBytes / 1e6)} MB. Let it download the file itself, pack it with gzip, or choose less.`,
          ),
        );
      }
      pieces.push(piece);
      pending += piece.length;
      if (pending >= BLOB_BYTES) pack();
      return Promise.resolve();
    },
    keep: () => {
      pack();
      saveBlob(name, new Blob(blobs, { type }));
      blobs = [];
      return Promise.resolve();
    },
    discard: () => {
      blobs = [];
      pieces = [];
      return Promise.resolve();
    },
  };
}
