import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  aboutText,
  brokenText,
  doneText,
  estimateNote,
  runningParts,
  shareOf,
} from '../../src/pages/export/exportWords';
import { ALL_COLUMNS, columnsAsked, readColumns } from '../../src/pages/export/exportColumns';
import { fileName, fixedQuestion, questionOf, readPlan } from '../../src/pages/export/exportPlan';
import { estimateRows, type ExportQuestion } from '../../src/services/exports';
import type { ExportJob } from '../../src/state/exportJob';
import {
  ExportCancelled,
  NO_PROGRESS,
  runExport,
  STALLED_MS,
  type ExportProgress,
} from '../../src/state/exportRun';
import { createRowCounter } from '../../src/utils/countRows';
import { askForFile, canSaveToDisk, gatherInMemory, type SaveTarget } from '../../src/utils/saveTarget';
import { FakeServer } from '../support/fakeServer';
import { NOON } from '../support/samples';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const QUESTION: ExportQuestion = { agents: ['a'], columns: [], start: 'x', end: 'y', format: 'csv' };

/** Keeps what was written, and how it ended. */
function recordingTarget() {
  const written: Uint8Array<ArrayBuffer>[] = [];
  const ended: string[] = [];
  const target: SaveTarget = {
    kind: 'disk',
    write: (piece) => Promise.resolve(void written.push(piece)),
    keep: () => Promise.resolve(void ended.push('kept')),
    discard: () => Promise.resolve(void ended.push('discarded')),
  };
  return { target, written, ended, text: () => new Blob(written).text() };
}

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
});

describe('counting records as they go by', () => {
  function count(format: 'csv' | 'json' | 'ndjson' | 'xlsx', ...pieces: string[]) {
    const counter = createRowCounter(format);
    pieces.forEach((piece) => counter.add(bytes(piece)));
    return [counter.rows(), counter.ended()];
  }

  it('takes a newline within quotes for text, wherever a piece ends', () => {
    expect(count('csv', 'a,b\r\n1,"x\r', '\ny""z"\r\n2,', 'y\r\n')).toEqual([2, true]);
    expect(count('csv', 'a,b\r\n')).toEqual([0, true]);
  });

  it('knows a file that ends within a record', () => {
    expect(count('csv', 'a,b\r\n1,x\r\n2,"y\r\n')).toEqual([1, false]);
    expect(count('csv', 'a,b\r\n1,x\r\n2,')).toEqual([1, false]);
    expect(count('csv')).toEqual([0, false]);
    expect(count('ndjson', '{"a":1}\n{"a"')).toEqual([1, false]);
    expect(count('json', '[\n{"a":1},\n{"a":2},\n')).toEqual([2, false]);
  });

  it('counts lines of NDJSON and of a JSON array', () => {
    expect(count('ndjson', '{"a":1}\n{"a":', '2}\n')).toEqual([2, true]);
    expect(count('ndjson')).toEqual([0, true]);
    expect(count('json', '[\n{"a":1},\n{"a":2}\n]', '\n')).toEqual([2, true]);
    expect(count('json', '[]\n')).toEqual([0, true]);
  });

  it('tells nothing of a packed file', () => {
    expect(count('xlsx', 'PK')).toEqual([null, true]);
  });
});

describe('an export that is run', () => {
  it('brings every piece to its file, tells how far it is, and keeps it at the end', async () => {
    server.estimate = 4;
    const { target, ended, text } = recordingTarget();
    const told: ExportProgress[] = [];
    const done = await runExport(
      { question: QUESTION, gzip: false, target },
      new AbortController().signal,
      (progress) => told.push(progress),
    );
    expect(done).toEqual({ rows: 3, bytes: 32, savedBytes: 32, expectedRows: 4, totalBytes: null });
    expect(told[0]).toEqual({ ...NO_PROGRESS, expectedRows: 4 });
    expect(await text()).toMatch(/^timestamp,agent\r\n1,a\r\n/);
    expect(ended).toEqual(['kept']);
    expect(server.requests('/api/v1/export')[0]?.url.search).toBe('?agent=a&start=x&end=y&format=csv');
  });

  it('packs it on the way where that is wanted', async () => {
    const { target, written } = recordingTarget();
    const done = await runExport(
      { question: QUESTION, gzip: true, target },
      new AbortController().signal,
      () => undefined,
    );
    const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (control) => {
        written.forEach((piece) => control.enqueue(piece));
        control.close();
      },
    });
    const plain = await new Response(packed.pipeThrough(new DecompressionStream('gzip'))).text();
    expect(plain).toContain('3,b\r\n');
    expect(done.savedBytes).toBe(new Blob(written).size);
    expect(done.bytes).toBe(32);
  });

  async function failing(question: Partial<ExportQuestion> = {}) {
    const { target, ended } = recordingTarget();
    const run = runExport(
      { question: { ...QUESTION, ...question }, gzip: false, target },
      new AbortController().signal,
      () => undefined,
    );
    const message = await run.then(
      () => 'kept',
      (error: unknown) => (error as Error).message,
    );
    return [message, ended.join()];
  }

  it('keeps nothing of a transfer that was cut', async () => {
    server.exportBody = () =>
      new ReadableStream({
        start: (control) => control.enqueue(bytes('timestamp,agent\r\n1,a\r\n')),
        pull: (control) => control.error(new TypeError('network error')),
      });
    expect(await failing()).toEqual(['The connection was cut before the end.', 'discarded']);
  });

  it('keeps nothing of one that ends too early without saying so', async () => {
    server.exportBody = () => 'timestamp,agent\r\n1,a\r\n2,';
    expect(await failing()).toEqual(['The server sent less than the whole.', 'discarded']);
    server.exportBody = () => '[\n{"a":1},\n';
    expect(await failing({ format: 'json' })).toEqual(['The server sent less than the whole.', 'discarded']);
    server.exportBody = () => 'PK';
    server.exportHeaders = { 'content-length': '3' };
    expect(await failing({ format: 'xlsx' })).toEqual(['The server sent less than the whole.', 'discarded']);
  });

  it('says what the server says where it refuses', async () => {
    server.failures.set('/api/v1/export', 503);
    expect(await failing()).toEqual(['Refused with 503.', 'discarded']);
  });

  it('ends the request when it is called off', async () => {
    let called: AbortSignal | null = null;
    const body = vi.fn((_: URL, signal: AbortSignal | null) => {
      called = signal;
      return new ReadableStream<Uint8Array>({
        start: (control) => control.enqueue(bytes('timestamp\r\n1\r\n')),
      });
    });
    server.exportBody = body;
    const { target, ended } = recordingTarget();
    const controller = new AbortController();
    const run = runExport({ question: QUESTION, gzip: false, target }, controller.signal, ({ rows }) => {
      if (rows === 1) controller.abort();
    });
    await expect(run).rejects.toBeInstanceOf(ExportCancelled);
    expect((called as AbortSignal | null)?.aborted).toBe(true);
    expect(ended).toEqual(['discarded']);
  });

  it('gives up a transfer that stands still', async () => {
    vi.useFakeTimers();
    server.exportBody = () =>
      new ReadableStream({ start: (control) => control.enqueue(bytes('timestamp\r\n1\r\n')) });
    const run = failing();
    await vi.advanceTimersByTimeAsync(STALLED_MS + 1);
    expect(await run).toEqual(['Nothing came from the server for 2 minutes.', 'discarded']);
  });

  it('is estimated by headers alone', async () => {
    expect(await estimateRows(QUESTION, new AbortController().signal)).toBe(3);
    expect(server.requests('/api/v1/export', 'HEAD')).toHaveLength(1);
    expect(server.requests('/api/v1/export')).toHaveLength(0);
  });
});

describe('where a file goes', () => {
  afterEach(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));

  function offerFile(size: number) {
    const log: string[] = [];
    const file = {
      createWritable: () =>
        Promise.resolve({
          write: () => Promise.resolve(void log.push('write')),
          close: () => Promise.resolve(void log.push('close')),
          abort: () => Promise.resolve(void log.push('abort')),
        }),
      getFile: () => Promise.resolve({ size }),
      remove: () => Promise.resolve(void log.push('remove')),
    };
    Object.assign(window, { showSaveFilePicker: vi.fn(() => Promise.resolve(file)) });
    return log;
  }

  it('is written while it comes, and takes its name when it is whole', async () => {
    const log = offerFile(0);
    expect(canSaveToDisk()).toBe(true);
    const target = await askForFile('x.csv');
    await target?.write(bytes('1'));
    await target?.keep();
    expect(log).toEqual(['write', 'close']);
  });

  it('leaves nothing of a broken one, but what was there before', async () => {
    const fresh = offerFile(0);
    await (await askForFile('x.csv'))?.discard();
    expect(fresh).toEqual(['abort', 'remove']);
    const replaced = offerFile(12);
    await (await askForFile('x.csv'))?.discard();
    expect(replaced).toEqual(['abort']);
  });

  it('is none where the dialog was closed, and an error where there is no dialog', async () => {
    Object.assign(window, {
      showSaveFilePicker: () => Promise.reject(new DOMException('closed', 'AbortError')),
    });
    expect(await askForFile('x.csv')).toBeNull();
    Reflect.deleteProperty(window, 'showSaveFilePicker');
    expect(canSaveToDisk()).toBe(false);
    await expect(askForFile('x.csv')).rejects.toThrow('asks for no file');
  });

  it('is gathered where the browser cannot write it, up to a bound', async () => {
    const saved: Blob[] = [];
    URL.createObjectURL = (blob) => `blob:${saved.push(blob as Blob)}`;
    URL.revokeObjectURL = () => undefined;
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue(undefined);
    const target = gatherInMemory('x.csv', 'text/csv', 10_000_000);
    await target.write(new Uint8Array(9_000_000));
    await target.write(bytes('end'));
    await expect(target.write(new Uint8Array(2_000_000))).rejects.toThrow('more than 10 MB');
    await target.keep();
    expect(saved[0]?.size).toBe(9_000_003);
    await target.discard();
    await target.keep();
    expect(saved[1]?.size).toBe(0);
  });
});

describe('what the form says', () => {
  const range = { start: 'now-1h', end: 'now' };
  const plan = (query: string) => readPlan(new URLSearchParams(query), range);

  it('stands in the address, and what does not exist is left out', () => {
    expect(plan('')).toMatchObject({ agents: [], format: 'csv', gzip: false, columns: ALL_COLUMNS });
    expect(plan('agent=a&format=json&gzip=1&column=cost_usd&column=timestamp&column=nonsense')).toMatchObject(
      {
        agents: ['a'],
        format: 'json',
        gzip: true,
        columns: ['timestamp', 'cost_usd'],
      },
    );
    expect(plan('format=pdf').format).toBe('csv');
    expect(plan('format=xlsx&gzip=1').gzip).toBe(false);
  });

  it('names no columns where all are wanted', () => {
    expect(columnsAsked(ALL_COLUMNS)).toEqual([]);
    expect(columnsAsked(['cost_usd', 'agent'])).toEqual(['agent', 'cost_usd']);
    expect(readColumns(new URLSearchParams('column=none'))).toHaveLength(29);
  });

  it('fixes both ends when it begins, and names the file by them', () => {
    expect(questionOf(plan('')).end).toBe('now');
    const question = fixedQuestion(plan('agent=team%2Fbot'), NOON);
    expect(question).toMatchObject({ start: '2026-03-10T11:00:00.000Z', end: '2026-03-10T12:00:00.000Z' });
    expect(fileName(question, true)).toBe('sentinel-team_bot-2026-03-10T1100-2026-03-10T1200.csv.gz');
    expect(fileName({ ...question, agents: ['a', 'b'], format: 'xlsx' }, false)).toBe(
      'sentinel-agents-2026-03-10T1100-2026-03-10T1200.xlsx',
    );
  });
});

describe('what is told of an export', () => {
  const jobOf = (progress: Partial<ExportProgress>, part: Partial<ExportJob> = {}): ExportJob => ({
    phase: 'running',
    name: 'x.csv',
    wish: { question: QUESTION, gzip: false, target: recordingTarget().target },
    progress: { ...NO_PROGRESS, ...progress },
    startedMs: 0,
    atMs: 10_000,
    reason: null,
    ...part,
  });

  it('is how many, how fast and how long it takes', () => {
    const job = jobOf({ rows: 250_000, bytes: 40e6, savedBytes: 40e6, expectedRows: 1_000_000 });
    expect(runningParts(job)).toEqual([
      '250,000 of about 1.00M records',
      '40.0 MB',
      '25.0k records/s',
      'about 30 s left',
    ]);
    const packed = { ...job, wish: { ...job.wish, gzip: true } };
    expect(runningParts(packed)[1]).toBe('40.0 MB, 40.0 MB packed');
    expect(runningParts(jobOf({ rows: 0 }))).toEqual(['0 records']);
  });

  it('is the size alone of a spreadsheet, and that it is still written', () => {
    expect(runningParts(jobOf({ rows: null }))).toEqual(['The server writes the spreadsheet']);
    expect(runningParts(jobOf({ rows: null, bytes: 1e6, totalBytes: 4e6 }))).toEqual([
      '1.00 MB of 4.00 MB',
      'about 30 s left',
    ]);
    expect(doneText(jobOf({ rows: null, savedBytes: 4e6 }))).toBe('4.00 MB, in 10 s.');
    const quick = { ...jobOf({ rows: null, savedBytes: 4e6 }), atMs: 40, startedMs: 0 };
    expect(doneText(quick)).toBe('4.00 MB, in less than 1 s.');
  });

  it('is never all before the end', () => {
    expect(shareOf({ ...NO_PROGRESS, rows: 12, expectedRows: 10 })).toBe(0.99);
    expect(shareOf({ ...NO_PROGRESS, rows: 0, expectedRows: 0 })).toBeNull();
    expect(shareOf({ ...NO_PROGRESS, bytes: 1, totalBytes: 4 })).toBe(0.25);
  });

  it('is exact at the end, and plain about what is missing', () => {
    expect(doneText(jobOf({ rows: 1234567, savedBytes: 2e9 }))).toBe('1,234,567 records, 2.00 GB, in 10 s.');
    expect(brokenText(jobOf({ rows: 12, bytes: 100, expectedRows: 2000 }))).toBe(
      '12 of about 2,000 records had come; nothing of it was kept.',
    );
    expect(brokenText(jobOf({ rows: null, bytes: 2e6 }))).toBe('2.00 MB had come; nothing of it was kept.');
    expect(brokenText(jobOf({}))).toBe('Nothing had come yet, and no file was kept.');
  });

  it('is before it begins about how many, and what that means', () => {
    expect([aboutText(0), aboutText(1), aboutText(2_160_000)]).toEqual([
      'No records',
      'About 1 record',
      'About 2.16M records',
    ]);
    expect(estimateNote(0, 'csv')).toMatch(/^The file will have its head alone/);
    expect(estimateNote(5, 'xlsx')).toBeNull();
    expect(estimateNote(2_160_000, 'csv')).toBeNull();
    expect(estimateNote(2_160_000, 'xlsx')).toMatch(/in 3 sheets\.$/);
  });
});
