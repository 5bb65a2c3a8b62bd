import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatAgo,
  formatDuration,
  formatLength,
  formatQuantity,
  formatStep,
  formatText,
  formatTick,
} from '../../src/utils/format';

describe('formatText', () => {
  it.each([
    [0, 'ms', '0 ms'],
    [0.0421, 'ms', '42.1 µs'],
    [1.234, 'ms', '1.23 ms'],
    [12.34, 'ms', '12.3 ms'],
    [999.4, 'ms', '999 ms'],
    [999.6, 'ms', '1.00 s'],
    [59_949, 'ms', '59.9 s'],
    [90_000, 'ms', '1.50 min'],
    [7_200_000, 'ms', '2.00 h'],
    [0.5, 'MB', '500 kB'],
    [1536, 'MB', '1.54 GB'],
    [2_000_000, 'MB', '2.00 TB'],
    [12.34, 'req/min', '12.3/min'],
    [9999, 'req/min', '9,999/min'],
    [12_345, 'req/min', '12.3k/min'],
    [35.56, '%', '35.6%'],
    [100, '%', '100%'],
    [1234, 'count', '1,234'],
    [1_234_567, 'tokens', '1.23M'],
    [1.5, 'count', '1.50'],
  ] as const)('writes %s %s as %s', (value, unit, text) => {
    expect(formatText(value, unit)).toBe(text);
  });

  it.each([
    [0, '$0'],
    [3.4, '$3.40'],
    [51.7, '$51.70'],
    [0.5, '$0.50'],
    [0.0213, '$0.0213'],
    [0.000123456, '$0.000123'],
    [1234.5, '$1,235'],
    [-2, '−$2.00'],
  ])('writes %s dollars as %s', (value, text) => {
    expect(formatText(value, 'USD')).toBe(text);
  });

  it.each([null, undefined, Number.NaN, Infinity])('writes %s as a dash, never as zero', (value) => {
    expect(formatQuantity(value, 'ms')).toEqual({ prefix: '', text: '–', unit: '' });
  });
});

describe('formatTick', () => {
  it('drops zeros that say nothing', () => {
    expect(formatTick(3000, 'ms')).toBe('3 s');
    expect(formatTick(1500, 'ms')).toBe('1.5 s');
    expect(formatTick(100, '%')).toBe('100%');
    expect(formatTick(0.005, 'USD')).toBe('$0.005');
    expect(formatTick(1200, 'req/min')).toBe('1,200/min');
  });
});

describe('durations', () => {
  it.each([
    [-5, '0 s'],
    [12_900, '12 s'],
    [185_000, '3 min'],
    [47 * 3_600_000, '47 h'],
    [72 * 3_600_000, '3 d'],
  ])('writes %s ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('gives the age of a time, or a dash', () => {
    const now = Date.parse('2026-03-10T12:00:00Z');
    expect(formatAge('2026-03-10T11:59:48Z', now)).toBe('12 s');
    expect(formatAge(null, now)).toBe('–');
    expect(formatAge('never', now)).toBe('–');
    expect(formatAgo('2026-03-10T11:59:48Z', now)).toBe('12 s ago');
    expect(formatAgo(null, now)).toBe('never');
  });

  it.each([
    [5000, '5 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [86_400_000, '1 d'],
  ])('names a step of %s ms %s', (ms, text) => {
    expect(formatStep(ms)).toBe(text);
  });
});

describe('formatLength', () => {
  it.each([
    [90_000, '90 s'],
    [300_000, '5 min'],
    [3_600_000, '1 h'],
    [6_480_000, '1 h 48 min'],
    [86_400_000, '1 d'],
    [266_400_000, '3 d 2 h'],
    [86_399_000, '1 d'],
  ])('%s ms is %s', (ms, words) => {
    expect(formatLength(ms)).toBe(words);
  });
});
