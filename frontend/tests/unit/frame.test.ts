import { describe, expect, it } from 'vitest';
import {
  currentValue,
  EMPTY_FRAME,
  findValues,
  meanColumns,
  mergeFrames,
  newestValue,
  sumColumns,
} from '../../src/utils/frame';
import { chartStep, chooseStep, stepText } from '../../src/utils/step';
import { frameOf } from '../support/samples';

const list = (values: Float64Array | null): number[] => [...(values ?? [])];

describe('mergeFrames', () => {
  it('replaces the tail, appends what is new and drops what is too old', () => {
    const before = frameOf(0, 10, { m: [1, 2, 3] });
    const tail = frameOf(20, 10, { m: [30, 40] });
    const merged = mergeFrames(before, tail, 10);
    expect([...merged.times]).toEqual([10, 20, 30]);
    expect(list(findValues(merged, 'm'))).toEqual([2, 30, 40]);
  });

  it('keeps the values of agents that the tail does not hold', () => {
    const both = mergeFrames(frameOf(0, 10, { m: [1, 2] }, 'a'), frameOf(0, 10, { m: [5, 6] }, 'b'), 0);
    const merged = mergeFrames(both, frameOf(10, 10, { m: [20, 30] }, 'b'), 0);
    expect(list(findValues(merged, 'm', 'id-a'))).toEqual([1, 2, NaN]);
    expect(list(findValues(merged, 'm', 'id-b'))).toEqual([5, 20, 30]);
  });

  it('takes over that a value is not measured any more', () => {
    const merged = mergeFrames(frameOf(0, 10, { m: [1, 2] }), frameOf(10, 10, { m: [null] }), 0);
    expect(list(findValues(merged, 'm'))).toEqual([1, NaN]);
  });

  it('leaves the frame it began from as it was', () => {
    const before = frameOf(0, 10, { m: [1, 2] });
    mergeFrames(before, frameOf(10, 10, { m: [9] }), 0);
    expect(list(findValues(before, 'm'))).toEqual([1, 2]);
  });

  it('keeps the columns that did not change', () => {
    const both = mergeFrames(frameOf(0, 10, { m: [1, null] }, 'a'), frameOf(0, 10, { m: [5, 6] }, 'b'), 0);
    const tail = mergeFrames(frameOf(10, 10, { m: [null] }, 'a'), frameOf(10, 10, { m: [7] }, 'b'), 0);
    const merged = mergeFrames(both, tail, 0);
    expect(merged.times).toBe(both.times);
    expect(findValues(merged, 'm', 'id-a')).toBe(findValues(both, 'm', 'id-a'));
    expect(list(findValues(merged, 'm', 'id-b'))).toEqual([5, 7]);
  });

  it('closes a hole when late records come', () => {
    const merged = mergeFrames(frameOf(0, 10, { m: [1, null, 3] }), frameOf(10, 10, { m: [2, 3] }), 0);
    expect(list(findValues(merged, 'm'))).toEqual([1, 2, 3]);
  });
});

describe('columns', () => {
  it('finds nothing in an empty frame', () => {
    expect(findValues(EMPTY_FRAME, 'm')).toBeNull();
  });

  it('finds the newest measured value', () => {
    expect(newestValue(Float64Array.of(1, 2, NaN))).toEqual({ value: 2, index: 1 });
    expect(newestValue(Float64Array.of(1, 2), 1)).toEqual({ value: 1, index: 0 });
    expect(newestValue(Float64Array.of(NaN))).toBeNull();
  });

  it('adds and averages what was measured alone', () => {
    const columns = [Float64Array.of(1, NaN, NaN), Float64Array.of(3, 4, NaN)];
    expect([...sumColumns(columns, 3)]).toEqual([4, 4, NaN]);
    expect([...meanColumns(columns, 3)]).toEqual([2, 4, NaN]);
  });
});

describe('chooseStep', () => {
  it.each([
    [5 * 60_000, 400, 1000, 1000],
    [3_600_000, 400, 1000, 10_000],
    [3_600_000, 60, 1000, 60_000],
    [3_600_000, 400, 30_000, 30_000],
    [30 * 86_400_000, 400, 1000, 2 * 3_600_000],
    [3660 * 86_400_000, 60, 1000, 61 * 86_400_000],
  ])(
    'gives %s ms in at most %s buckets, none finer than %s ms, a step of %s ms',
    (span, buckets, finest, step) => {
      expect(chooseStep(span, buckets, finest)).toBe(step);
    },
  );

  it('does not turn a short range of an agent that reports rarely into a handful of points', () => {
    expect(chartStep(300_000, 400, 60_000)).toBe(5000);
    expect(chartStep(3_600_000, 400, 30_000)).toBe(30_000);
    expect(chartStep(300_000, 400, 200)).toBe(1000);
  });

  it('writes a step as the contract does', () => {
    expect(stepText(60_000)).toBe('60s');
  });
});

describe('currentValue', () => {
  const frame = frameOf(0, 10_000, { m: [1, 2, null] });

  it('is the newest value while that is young enough', () => {
    expect(currentValue(frame, 'm', 35_000, 25_000)).toBe(2);
  });

  it('is nothing where the newest value is old, or there is none', () => {
    expect(currentValue(frame, 'm', 35_001, 25_000)).toBeNull();
    expect(currentValue(frame, 'other', 0, 25_000)).toBeNull();
  });
});
