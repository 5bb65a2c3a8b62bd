import { describe, expect, it } from 'vitest';
import { prepareZoom } from '../../../src/charts/prepare/brush';
import { prepareEventMarks } from '../../../src/charts/prepare/eventMarks';
import { prepareSparkline, type SparklineSpec } from '../../../src/charts/prepare/sparkline';
import { createCrosshair } from '../../../src/charts/crosshair';
import { timeScale, valueScale } from '../../../src/charts/geometry';
import { eventOf } from '../../support/samples';

describe('prepareSparkline', () => {
  const spec: SparklineSpec = { width: 72, height: 20, kind: 'line', top: null };

  it('draws from a zero base to the highest value', () => {
    const drawn = prepareSparkline(Float64Array.of(0, 5, 10), spec);
    expect(drawn.path).toBe('M2,18L36,10L70,2');
    expect(drawn.end).toEqual({ x: 70, y: 2 });
  });

  it('breaks at a gap and joins across a missed sample', () => {
    const gap = Float64Array.of(1, 1, NaN, NaN, NaN, 1, 1);
    expect(prepareSparkline(gap, spec).path.match(/M/g)).toHaveLength(2);
    expect(prepareSparkline(Float64Array.of(1, NaN, 1), spec).path.match(/M/g)).toHaveLength(1);
  });

  it('keeps a fixed top, so that half full looks half full', () => {
    expect(prepareSparkline(Float64Array.of(50, 50), { ...spec, top: 100 }).end?.y).toBe(10);
  });

  it('draws bars that meet, and nothing where nothing was measured', () => {
    const bars = prepareSparkline(Float64Array.of(1, 2, 4), { ...spec, kind: 'bars' });
    expect(bars.path.match(/Z/g)).toHaveLength(3);
    expect(bars.end).toBeNull();
    expect(prepareSparkline(Float64Array.of(NaN), spec)).toEqual({ path: '', end: null, points: 0 });
  });

  it('draws zeros as a line at the base', () => {
    expect(prepareSparkline(Float64Array.of(0, 0), spec).path).toBe('M2,18L70,18');
  });
});

describe('prepareEventMarks', () => {
  const { toX } = timeScale({ startMs: 0, endMs: 1000 }, 1000);
  const at = (ms: number): string => new Date(ms).toISOString();

  it('lays events out by time and leaves out those beyond the axis', () => {
    const marks = prepareEventMarks(
      [eventOf('stopped', at(900)), eventOf('started', at(100)), eventOf('deployed', at(2000))],
      toX,
      1000,
    );
    expect(marks.map((mark) => [mark.x, mark.look.word])).toEqual([
      [100, 'Started'],
      [900, 'Stopped'],
    ]);
  });

  it('lets events that would touch share a mark that shows the gravest', () => {
    const marks = prepareEventMarks([eventOf('started', at(100)), eventOf('error', at(105))], toX, 1000);
    expect(marks).toHaveLength(1);
    expect(marks[0]?.events).toHaveLength(2);
    expect(marks[0]?.look.word).toBe('Error');
  });

  it('gives fingers more room', () => {
    const events = [eventOf('started', at(100)), eventOf('error', at(130)), eventOf('stopped', at(150))];
    expect(prepareEventMarks(events, toX, 1000)).toHaveLength(3);
    expect(prepareEventMarks(events, toX, 1000, true).map((mark) => mark.x)).toEqual([100, 150]);
  });
});

describe('prepareZoom', () => {
  const toMs = (x: number): number => x * 1000;

  it('selects what was dragged over, in either direction', () => {
    expect(prepareZoom(100, 40, toMs)).toEqual({ startMs: 40_000, endMs: 100_000 });
  });

  it('takes a short drag for a click', () => {
    expect(prepareZoom(10, 12, toMs)).toBeNull();
  });

  it('never zooms closer than five seconds', () => {
    expect(prepareZoom(0, 10, (x) => x * 100)).toEqual({ startMs: -2000, endMs: 3000 });
  });
});

describe('scales and crosshair', () => {
  it('maps time to pixels and back', () => {
    const scale = timeScale({ startMs: 1000, endMs: 2000 }, 500);
    expect(scale.toX(1500)).toBe(250);
    expect(scale.toMs(250)).toBe(1500);
  });

  it('keeps values inside the plot', () => {
    const toY = valueScale(100);
    expect(toY(100)).toBe(toY(1000));
    expect(toY(0)).toBeGreaterThan(toY(100));
  });

  it('tells its listeners once for each change', () => {
    const crosshair = createCrosshair();
    let told = 0;
    const stop = crosshair.subscribe(() => (told += 1));
    crosshair.set(5);
    crosshair.set(5);
    stop();
    crosshair.set(6);
    expect([told, crosshair.get()]).toEqual([1, 6]);
  });
});
