import { describe, expect, it } from 'vitest';
import {
  DEFAULT_RANGE,
  absoluteRange,
  checkRange,
  parseTime,
  relativeStart,
  resolveRange,
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
    ['2026-03-10', Date.parse('2026-03-10')],
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
    [0, 'now-1s'],
  ])('writes a span of %s ms as %s', (ms, text) => {
    expect(relativeStart(ms)).toBe(text);
  });
});
