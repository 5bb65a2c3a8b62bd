import { afterEach, describe, expect, it, vi } from 'vitest';
import { changeTitle, prepareChangeRows } from '../../src/pages/agent/changeRows';
import { lookChanges, readLook, typedLook } from '../../src/pages/agent/lookWindow';
import { prepareRequestRows, readRequestSort, sortRequestRows } from '../../src/pages/agent/requestRows';
import { readNewest, shorterSlice } from '../../src/services/requests';
import { FakeServer } from '../support/fakeServer';
import { agentOf, changeOf, NOON, recordOf } from '../support/samples';

describe('the window in the address', () => {
  it('is written and read again', () => {
    const span = { startMs: NOON + 0.4, endMs: NOON + 59_999.6 };
    const changes = lookChanges(span, 'requests');
    expect(changes).toEqual({ look: '2026-03-10T12:00:00.000Z,2026-03-10T12:01:00.000Z', tab: 'requests' });
    expect(readLook(new URLSearchParams(changes as Record<string, string>))).toEqual({
      startMs: NOON,
      endMs: NOON + 60_000,
      tab: 'requests',
    });
    expect(lookChanges(null, 'requests')).toEqual({ look: null, tab: null });
    expect(lookChanges({ startMs: NOON, endMs: NOON + 1 }, 'changes').look).toContain('12:00:01.000Z');
  });

  it.each(['', 'look=x', 'look=2026-03-10T12:00:00Z', 'look=2026-03-10T12:00:00Z,2026-03-10T12:00:00Z'])(
    'is none: %s',
    (text) => expect(readLook(new URLSearchParams(text))).toBeNull(),
  );

  it('can be typed', () => {
    expect(typedLook({ start: 'now-1h', end: 'now' }, NOON)).toEqual({
      startMs: NOON - 3_600_000,
      endMs: NOON,
    });
    expect(typedLook({ start: 'now', end: 'now-1h' }, NOON)).toBeNull();
  });
});

describe('what changed', () => {
  it('names what moved as people do', () => {
    expect(changeTitle('latency_ms:p95', 60_000)).toBe('Latency p95');
    expect(changeTitle('cost_usd:avg', 60_000)).toBe('Cost per request');
    expect(changeTitle('requests:sum', 120_000)).toBe('Requests per 2 min');
    expect(changeTitle('queue_depth:avg', 60_000)).toBe('queue depth');
  });

  it('says from what to what, and by how much', () => {
    const rows = prepareChangeRows(
      [
        changeOf(),
        changeOf({ metric: 'error_rate_percent:avg', unit: '%', before: 0, during: 5, change_percent: null }),
        changeOf({ before: 200, during: 190, change_percent: -5, score: -1 }),
      ],
      60_000,
    );
    expect(rows.map((row) => [row.before, row.during, row.change, row.rose])).toEqual([
      ['200 ms', '442 ms', '+121%', true],
      ['0%', '5.00%', 'was 0', true],
      ['200 ms', '190 ms', '−5.0%', false],
    ]);
  });
});

describe('requests', () => {
  it('are told without samples, with what a later price added', () => {
    const priced = recordOf(NOON, { cost_usd: null, cost_source: 'computed', trace_id: 'f00' });
    const rows = prepareRequestRows([
      priced,
      { ...priced, kind: 'correction', cost_usd: 0.5 },
      recordOf(NOON - 1000, { kind: 'sample' }),
      recordOf(NOON - 2000, { status: 'error', attributes: { 'error.type': 'timeout' }, request_count: 12 }),
      recordOf(NOON - 3000, { cost_source: 'unpriced', cost_usd: null, model: null, input_tokens: null }),
    ]);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ cost: 0.5, trace: 'f00', failed: false, unpriced: false });
    expect(rows[1]).toMatchObject({ failed: true, error: 'timeout', count: 12, cost: 0.002 });
    expect(rows[2]).toMatchObject({ unpriced: true, cost: null, model: null, input: null });
  });

  it('are sorted by any column, what was not measured last', () => {
    const rows = prepareRequestRows([
      recordOf(NOON, { latency_ms: 10 }),
      recordOf(NOON - 1000, { latency_ms: null, input_tokens: null, output_tokens: null }),
      recordOf(NOON - 2000, { latency_ms: 30, status: 'error', attributes: null }),
    ]);
    const order = (sort: string): number[] =>
      sortRequestRows(rows, readRequestSort(new URLSearchParams(`rsort=${sort}`))).map(
        (row) => (NOON - row.timeMs) / 1000,
      );
    expect(order('')).toEqual([0, 1, 2]);
    expect(order('-latency')).toEqual([2, 0, 1]);
    expect(order('-error')).toEqual([2, 0, 1]);
    expect(order('tokens')).toEqual([0, 2, 1]);
    expect(order('time')).toEqual([2, 1, 0]);
  });
});

describe('reading the newest first', () => {
  afterEach(() => vi.unstubAllGlobals());

  const signal = new AbortController().signal;
  const times = (page: { records: Record<string, unknown>[] }): number[] =>
    page.records.map((record) => Date.parse(String(record.timestamp)));

  function serve(moments: number[]): FakeServer {
    const server = new FakeServer().install();
    server.agents = [agentOf('a')];
    server.records = moments.map((ms) => recordOf(ms));
    return server;
  }

  async function readAll(startMs: number): Promise<{ seen: number[]; pages: number }> {
    const seen: number[] = [];
    let endMs: number | null = NOON;
    let sliceMs = 300_000;
    let pages = 0;
    while (endMs !== null) {
      const page = await readNewest({ agent: 'a', startMs, endMs }, sliceMs, signal);
      seen.push(...times(page));
      sliceMs = page.sliceMs;
      endMs = page.olderMs;
      pages += 1;
    }
    return { seen, pages };
  }

  it('gives each record once, whether they are few or thousands', async () => {
    const moments = Array.from({ length: 3000 }, (_, index) => NOON - 1 - index * 37);
    serve([...moments, NOON - 86_000_000]);
    const { seen, pages } = await readAll(NOON - 86_400_000);
    expect(seen).toEqual([...moments, NOON - 86_000_000]);
    expect(pages).toBeGreaterThan(1);
  });

  it('takes longer steps where there is little, and does not ask for each minute of a month', async () => {
    const server = serve([NOON - 20 * 86_400_000]);
    const { seen } = await readAll(NOON - 30 * 86_400_000);
    expect(seen).toHaveLength(1);
    expect(server.sent.length).toBeLessThan(12);
  });

  it('reads a millisecond that holds more than an answer may', async () => {
    serve(Array.from({ length: 1500 }, () => NOON - 500));
    const { seen } = await readAll(NOON - 1000);
    expect(seen).toHaveLength(1500);
  });

  it('takes at most half of a slice that was too long', () => {
    expect(shorterSlice(0, 1000, 100)).toBe(60);
    expect(shorterSlice(0, 1000, 990)).toBe(500);
    expect(shorterSlice(0, 1000, Number.NaN)).toBe(500);
    expect(shorterSlice(0, 2, 0)).toBe(1);
  });
});
