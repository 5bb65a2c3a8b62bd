import { openAnswer, readHeaders } from './http';
import type { ExportFormat } from './metrics';

/** Which records a long export is of. */
export interface ExportQuestion {
  /** Names or ids; none means all agents. */
  agents: readonly string[];
  /** What to keep of a record; none means all. */
  columns: readonly string[];
  start: string;
  end: string;
  format: ExportFormat;
}

const PATH = '/api/v1/export';

function queryOf({ agents, columns, start, end, format }: ExportQuestion) {
  return { agent: agents, column: columns, start, end, format };
}

function numberIn(headers: Headers, name: string): number | null {
  const text = headers.get(name);
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** How many records there are, by the server's sums; null where it does not say. */
export async function estimateRows(question: ExportQuestion, signal: AbortSignal): Promise<number | null> {
  return numberIn(await readHeaders(PATH, queryOf(question), signal), 'sentinel-estimated-rows');
}

export interface ExportAnswer {
  pieces: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How many records are to come, by the server's sums. */
  expectedRows: number | null;
  /** How long the answer is; null where it is made while it is sent. */
  totalBytes: number | null;
}

/** Begins an export. Calling it off ends the server's query too: it reads no further than the connection lives. */
export async function openExport(question: ExportQuestion, signal: AbortSignal): Promise<ExportAnswer> {
  const { headers, body } = await openAnswer(PATH, queryOf(question), signal);
  return {
    pieces: body ?? new ReadableStream(),
    expectedRows: numberIn(headers, 'sentinel-estimated-rows'),
    // Of a packed answer the header tells the packed length, and the pieces come unpacked.
    totalBytes: headers.has('content-encoding') ? null : numberIn(headers, 'content-length'),
  };
}
