import { describe, expect, it } from 'vitest';
import {
  DEFAULT_RANGE,
  absoluteRange,
  checkRange,
  parseTime,
  relativeStart,
  resolveRange,
  settleRange,
  shiftRange,
  zoomOutRange,
} from '../../src/utils/range';
import { NOON } from '../support/samples';

const HOUR = 3_600_000;

describe('parseTime', () => {
  it.each([
    ['now', NOON],
    [' now-6h ', NOON - 6 * HOUR],
    ['now-90s', NOON - 90_000],
    ['now+15m', NOON + 15 * 60_000],
    ['now-2w', NOON - 14 * 24 * HOUR],
    ['now-1d/d', Date.parse('2026-03-09T00:00:00Z')],
    ['now/h', NOON],
    // 10 March 2026 is a Tuesday.
    ['now/w', Date.parse('2026-03-09T00:00:00Z')],
    ['2026-03-10T10:30:00Z', Date.parse('2026-03-10T10:30:00Z')],
    ['2026-03-10 10:30Z', Date.parse('2026-03-10T10:30:00Z')],
    ['2026-03-10T10:30:00+02:00', Date.parse('2026-03-10T08:30:00Z')],
    // A day begins at the reader's own midnight, as on the axis.
    ['2026-03-10', new Date(2026, 2, 10).getTime()],
    ['2026-03-10 10:30', new Date(2026, 2, 10, 10, 30).getTime()],
  ])('reads %s', (text, ms) => {
    expect(parseTime(text, NOON)).toBe(ms);
  });

  it.each(['', 'yesterday', 'now-6', 'now-6y', 'now-h', '10:30', '2026-13-40', 'now-6h; drop', '1e3'])(
    'refuses %j',
    (text) => {
      expect(parseTime(text, NOON)).toBeNull();
    },
  );
});

describe('checkRange', () => {
  it('says which end is wrong, and why', () => {
    expect(checkRange({ start: 'soon', end: 'now' }, NOON)).toMatchObject({ field: 'start' });
    expect(checkRange({ start: 'now-1h', end: 'later' }, NOON)).toMatchObject({ field: 'end' });
    expect(checkRange({ start: 'now', end: 'now-1h' }, NOON)?.message).toBe(
      'The end must be after the start.',
    );
    expect(checkRange({ start: 'now-900w', end: 'now' }, NOON)?.message).toContain('ten years');
    expect(checkRange({ start: 'now-1h', end: 'now' }, NOON)).toBeNull();
  });
});

describe('resolveRange', () => {
  it('is live only while its end is now', () => {
    expect(resolveRange(DEFAULT_RANGE, NOON)).toEqual({ startMs: NOON - HOUR, endMs: NOON, live: true });
    expect(resolveRange({ start: 'now-2h', end: 'now-1h' }, NOON).live).toBe(false);
  });

  it('falls back to the last hour where a link is broken', () => {
    expect(resolveRange({ start: 'x', end: 'y' }, NOON).startMs).toBe(NOON - HOUR);
  });
});

describe('settleRange', () => {
  it('writes typed times as the server reads them, and leaves relative ones as they are', () => {
    expect(settleRange({ start: ' now-1d/d ', end: 'now' }, NOON)).toEqual({ start: 'now-1d/d', end: 'now' });
    expect(settleRange({ start: '2026-03-09 14:00', end: 'now' }, NOON)).toEqual({
      start: new Date(2026, 2, 9, 14).toISOString(),
      end: 'now',
    });
    expect(settleRange({ start: '2026-03-08', end: '2026-03-09T10:00:00Z' }, NOON)).toEqual({
      start: new Date(2026, 2, 8).toISOString(),
      end: '2026-03-09T10:00:00.000Z',
    });
  });

  it('gives nothing for what cannot be shown', () => {
    expect(settleRange({ start: 'soon', end: 'now' }, NOON)).toBeNull();
    expect(settleRange({ start: 'now', end: 'now-1h' }, NOON)).toBeNull();
  });
});

describe('steps', () => {
  const past = { startMs: NOON - 4 * HOUR, endMs: NOON - 2 * HOUR, live: false };

  it('moves by half a width, and becomes live again at now', () => {
    expect(shiftRange(past, -1, NOON)).toEqual(absoluteRange(NOON - 5 * HOUR, NOON - 3 * HOUR));
    expect(shiftRange({ ...past, startMs: NOON - 2.5 * HOUR, endMs: NOON - HOUR / 2 }, 1, NOON)).toEqual({
      start: 'now-2h',
      end: 'now',
    });
  });

  it('zooms out to twice the width, never past now', () => {
    expect(zoomOutRange(past, NOON)).toEqual(absoluteRange(NOON - 5 * HOUR, NOON - HOUR));
    expect(zoomOutRange({ startMs: NOON - HOUR, endMs: NOON, live: true }, NOON)).toEqual({
      start: 'now-2h',
      end: 'now',
    });
  });

  it.each([
    [90 * 60_000, 'now-90m'],
    [48 * HOUR, 'now-2d'],
    [61_000, 'now-61s'],
    // More than six digits are read neither here nor by the server.
    [1_382_711_000, 'now-23045m'],
    [3660 * 24 * HOUR - 1000, 'now-3660d'],
    [800 * 24 * HOUR + 61_000, 'now-800d'],
    [0, 'now-1s'],
  ])('writes a span of %s ms as %s', (ms, text) => {
    expect(relativeStart(ms)).toBe(text);
    expect(parseTime(relativeStart(ms), NOON)).not.toBeNull();
  });
});
