import { describe, expect, it } from 'vitest';
import { prepareThresholds } from '../../../src/charts/prepare/thresholds';
import { prepareTimeAxis } from '../../../src/charts/prepare/timeAxis';
import type { Unit } from '../../../src/utils/format';
import { niceTop, prepareValueAxis } from '../../../src/charts/prepare/valueAxis';

describe('prepareValueAxis', () => {
  it.each([
    [0.7, 0.8],
    [1, 1],
    [1.01, 1.2],
    [37, 40],
    [2500, 3000],
    [99, 100],
    [101, 120],
    [0.00373, 0.004],
  ])('tops %s with %s', (max, top) => {
    expect(niceTop(max)).toBe(top);
  });

  it('begins at zero and has three grid lines', () => {
    expect(prepareValueAxis(5200, 'ms').ticks).toEqual([
      { value: 0, label: '0' },
      { value: 3000, label: '3 s' },
      { value: 6000, label: '6 s' },
    ]);
  });

  it('counts long durations in whole minutes and hours', () => {
    const labels = (max: number): string[] => prepareValueAxis(max, 'ms').ticks.map((tick) => tick.label);
    expect(labels(430_000)).toEqual(['0', '4 min', '8 min']);
    expect(labels(3_500_000)).toEqual(['0', '30 min', '1 h']);
    expect(labels(4 * 3_600_000)).toEqual(['0', '2 h', '4 h']);
    expect(prepareValueAxis(0, 'ms', -430_000).min).toBe(-480_000);
  });

  it('has labels that fit beside the plot', () => {
    const labels = (max: number, unit: Unit): string[] =>
      prepareValueAxis(max, unit).ticks.map((tick) => tick.label);
    expect(labels(0.0003, 'USD')).toEqual(['0', '$1.5e-4', '$0.0003']);
    expect(labels(0.00003, 'USD')).toEqual(['0', '$1.5e-5', '$3e-5']);
    expect(labels(7600, 'USD')).toEqual(['0', '$4,000', '$8,000']);
    expect(labels(2_900_000, 'USD')).toEqual(['0', '$1.5M', '$3M']);
    expect(labels(2900, 'req/min')).toEqual(['0', '1.5k/min', '3k/min']);
    expect(labels(7, 'req/min')).toEqual(['0', '4/min', '8/min']);
    expect(prepareValueAxis(0, 'USD', -800_000).ticks[0]?.label).toBe('−$800k');
  });

  it('runs percent to 100 however small the data, and beyond where the data does', () => {
    expect(prepareValueAxis(3, '%').max).toBe(100);
    expect(prepareValueAxis(130, '%').max).toBe(160);
  });

  it('has a scale where nothing was measured', () => {
    expect(prepareValueAxis(0, 'USD').max).toBeGreaterThan(0);
    expect(prepareValueAxis(0, 'ms').max).toBe(100);
  });
});

describe('prepareTimeAxis', () => {
  const at = (text: string): number => new Date(text).getTime();

  it('puts ticks on whole minutes of the reader and as many as fit', () => {
    const ticks = prepareTimeAxis(at('2026-03-10T10:02:00'), at('2026-03-10T11:02:00'), 1000);
    expect(ticks.map((tick) => tick.label)).toContain('10:30');
    expect(ticks.length).toBeLessThanOrEqual(13);
    expect(ticks.every((tick) => !tick.major)).toBe(true);
  });

  it('gives the first tick of a day its date', () => {
    const ticks = prepareTimeAxis(at('2026-03-09T12:00:00'), at('2026-03-10T12:00:00'), 800);
    expect(ticks.find((tick) => tick.major)?.label).toBe('10 Mar');
  });

  it('gives the first tick of a year its year, and seconds where they matter', () => {
    const years = prepareTimeAxis(at('2025-12-20T00:00:00'), at('2026-01-15T00:00:00'), 2600);
    expect(years.map((tick) => tick.label)).toContain('2026');
    const seconds = prepareTimeAxis(at('2026-03-10T10:00:00'), at('2026-03-10T10:00:50'), 800);
    expect(seconds.map((tick) => tick.label)).toContain('10:00:30');
  });

  it('has no ticks before its width is known', () => {
    expect(prepareTimeAxis(0, 1000, 0)).toEqual([]);
    expect(prepareTimeAxis(1000, 1000, 500)).toEqual([]);
  });
});

describe('prepareThresholds', () => {
  it('keeps a far threshold from flattening the data, but names it', () => {
    const lines = prepareThresholds({ warn: 150, critical: 5000 }, 100, 'ms');
    expect(lines).toEqual([
      { level: 'warn', value: 150, label: 'warn 150 ms', inside: true },
      { level: 'critical', value: 5000, label: 'critical 5 s', inside: false },
    ]);
  });

  it('draws every percent up to 100 and leaves out what is not set', () => {
    expect(prepareThresholds({ warn: null, critical: 95 }, 1, '%')).toMatchObject([{ inside: true }]);
    expect(prepareThresholds(undefined, 1, '%')).toEqual([]);
  });
});
