import { describe, expect, it } from 'vitest';
import { changeTitle, prepareChangeRows } from '../../src/pages/agent/changeRows';
import { lookChanges, readLook, typedLook } from '../../src/pages/agent/lookWindow';
import { prepareRequestRows, readRequestChoice, requestChanges } from '../../src/pages/agent/requestRows';
import { changeOf, NOON, recordOf } from '../support/samples';

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
  it('are told as they come', () => {
    const rows = prepareRequestRows([
      recordOf(NOON, { trace_id: 'f00' }),
      recordOf(NOON - 2000, { status: 'error', attributes: { 'error.type': 'timeout' }, request_count: 12 }),
      recordOf(NOON - 3000, { cost_source: 'unpriced', cost_usd: null, model: null, input_tokens: null }),
      recordOf(NOON - 4000, { status: 'error', attributes: null }),
    ]);
    expect(rows[0]).toMatchObject({ cost: 0.002, trace: 'f00', failed: false, unpriced: false });
    expect(rows[1]).toMatchObject({ failed: true, error: 'timeout', count: 12 });
    expect(rows[2]).toMatchObject({ unpriced: true, cost: null, model: null, input: null });
    expect(rows[3]).toMatchObject({ failed: true, error: '' });
    expect(new Set(rows.map((row) => row.key)).size).toBe(4);
  });

  it('are chosen in the address', () => {
    const choice = (text: string) => readRequestChoice(new URLSearchParams(text));
    expect(choice('')).toEqual({ order: 'newest', failed: false });
    expect(choice('order=dearest&failed=1')).toEqual({ order: 'dearest', failed: true });
    expect(choice('order=longest&failed=yes')).toEqual({ order: 'newest', failed: false });
    expect(requestChanges({ order: 'newest', failed: false })).toEqual({ order: null, failed: null });
    expect(requestChanges({ order: 'slowest', failed: true })).toEqual({ order: 'slowest', failed: '1' });
  });
});
