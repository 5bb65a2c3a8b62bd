const NEWLINE = 10;
const QUOTE = 34;
const BRACKET = 93;

/** Counts the records of an export as its pieces go by. */
export interface RowCounter {
  add: (piece: Uint8Array) => void;
  /** Whole records so far; null of a format that does not show them. */
  rows: () => number | null;
  /** Whether what went by ends as a whole export does. */
  ended: () => boolean;
}

function countOf(piece: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = piece.indexOf(byte); at !== -1; at = piece.indexOf(byte, at + 1)) count += 1;
  return count;
}

/** A head and a line a record; a newline within quotes is part of a text. */
function csvCounter(): RowCounter {
  let lines = 0;
  let quoted = false;
  let last = -1;
  return {
    add: (piece) => {
      for (const byte of piece) {
        if (byte === QUOTE) quoted = !quoted;
        else if (byte === NEWLINE && !quoted) lines += 1;
      }
      last = piece.at(-1) ?? last;
    },
    rows: () => Math.max(0, lines - 1),
    ended: () => last === NEWLINE && !quoted,
  };
}

function ndjsonCounter(): RowCounter {
  let lines = 0;
  let last = NEWLINE;
  return {
    add: (piece) => {
      lines += countOf(piece, NEWLINE);
      last = piece.at(-1) ?? last;
    },
    rows: () => lines,
    ended: () => last === NEWLINE,
  };
}

/** A line for each bracket and each record: texts of JSON hold no newline. */
function jsonCounter(): RowCounter {
  let lines = 0;
  let tail: number[] = [];
  const ended = (): boolean => tail[0] === BRACKET && tail[1] === NEWLINE;
  return {
    add: (piece) => {
      lines += countOf(piece, NEWLINE);
      tail = [...tail, ...piece.subarray(-2)].slice(-2);
    },
    rows: () => Math.max(0, lines - (ended() ? 2 : 1)),
    ended,
  };
}

/** A packed file: the server sends it when it is whole, with its length. */
function plainCounter(): RowCounter {
  return { add: () => undefined, rows: () => null, ended: () => true };
}

export function createRowCounter(format: 'csv' | 'json' | 'ndjson' | 'xlsx'): RowCounter {
  const makers = { csv: csvCounter, json: jsonCounter, ndjson: ndjsonCounter, xlsx: plainCounter };
  return makers[format]();
}
