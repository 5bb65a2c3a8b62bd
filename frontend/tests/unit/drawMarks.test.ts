import { describe, expect, it } from 'vitest';
import { drawPanel } from '../../src/charts/draw/drawMarks';
import { preparePanel, type PanelContext } from '../../src/charts/prepare/panel';
import { AGENT_PANELS, type PanelSpec } from '../../src/charts/prepare/panelSpecs';
import type { Palette } from '../../src/design/palette';
import type { Frame } from '../../src/utils/frame';
import { callsOf, recordInk, type RecordedInk } from '../support/ink';
import { frameOf } from '../support/samples';

const PALETTE: Palette = {
  theme: 'light',
  hues: { blue: 'blue', cyan: 'cyan', violet: 'violet', magenta: 'magenta', rose: 'rose', slate: 'slate' },
  hatch: 'hatch',
  surface: 'surface',
};

function specOf(name: string): PanelSpec {
  const found = AGENT_PANELS.find((spec) => spec.info.name === name);
  if (!found) throw new Error(`no panel ${name}`);
  return found;
}

function draw(name: string, frame: Frame, part: Partial<PanelContext> = {}): RecordedInk {
  return drawSpec(specOf(name), frame, part);
}

function drawSpec(spec: PanelSpec, frame: Frame, part: Partial<PanelContext> = {}): RecordedInk {
  const context: PanelContext = {
    window: { startMs: 0, endMs: 100, live: true },
    nowMs: 1000,
    intervalMs: 1,
    thresholds: undefined,
    silences: [],
    ...part,
  };
  const ink = recordInk();
  const scales = { x: (ms: number) => ms, y: (value: number) => 90 - value };
  drawPanel(ink, preparePanel(spec, frame, context), {
    width: 100,
    height: 96,
    scales,
    palette: PALETTE,
  });
  return ink;
}

describe('drawPanel', () => {
  it('stands bars on those below them, and draws none where there is nothing', () => {
    const columns = { a: [10, 0], b: [20, 30] };
    const spec: PanelSpec = {
      ...specOf('cost_usd'),
      marks: [
        { type: 'bars', metric: 'a', hue: 'blue' },
        { type: 'bars', metric: 'b', hue: 'cyan', on: ['a'] },
      ],
    };
    const ink = drawSpec(spec, frameOf(0, 10, columns));
    expect(callsOf(ink, 'fillRect').map((call) => [call.fill, ...call.numbers])).toEqual([
      ['blue', 0, 80, 9, 10],
      ['cyan', 0, 60, 9, 20],
      ['cyan', 10, 60, 9, 30],
    ]);
  });

  it('dashes the time before, in steps behind bars, and leaves the next line whole', () => {
    const spec: PanelSpec = {
      ...specOf('cost_usd'),
      marks: [{ type: 'ghost', metric: 'a', hue: 'slate', stepped: true }],
    };
    const ink = drawSpec(spec, frameOf(0, 10, { a: [10, 20] }));
    expect(callsOf(ink, 'lineTo').map((call) => call.numbers)).toEqual([
      [10, 80],
      [10, 70],
      [20, 70],
    ]);
    expect(callsOf(ink, 'setLineDash').map((call) => call.numbers)).toEqual([[[3, 3]], [[]]]);
  });

  it('draws a line through the middle of its buckets in the metric’s own hue', () => {
    const ink = draw('cpu_usage_percent', frameOf(0, 10, { 'cpu_usage_percent:avg': [10, 20, 30] }));
    expect(callsOf(ink, 'moveTo').map((call) => call.numbers)).toEqual([[5, 80]]);
    expect(callsOf(ink, 'lineTo').map((call) => call.numbers)).toEqual([
      [15, 70],
      [25, 60],
    ]);
    expect(callsOf(ink, 'stroke')[0]?.stroke).toBe('magenta');
  });

  it('breaks the line at a gap and shows a lonely value as a dot', () => {
    const values = [10, 20, null, null, null, 30, null, null, null, 40, 40];
    const ink = draw('cpu_usage_percent', frameOf(0, 10, { 'cpu_usage_percent:avg': values }));
    expect(callsOf(ink, 'moveTo')).toHaveLength(3);
    expect(callsOf(ink, 'arc').map((call) => call.numbers.slice(0, 2))).toEqual([[55, 60]]);
  });

  it('draws the open bucket pale', () => {
    const ink = draw('cpu_usage_percent', frameOf(0, 10, { 'cpu_usage_percent:avg': [10, 20, 30] }), {
      nowMs: 25,
    });
    const strokes = callsOf(ink, 'stroke').filter((call) => call.stroke === 'magenta');
    expect(strokes.map((call) => call.alpha < 1)).toEqual([false, true]);
  });

  it('shows the first value of all while its bucket is open', () => {
    const columns = { 'cpu_usage_percent:avg': [null, null, 30] };
    const ink = draw('cpu_usage_percent', frameOf(0, 10, columns), { nowMs: 25 });
    const [dot] = callsOf(ink, 'arc');
    expect(dot?.numbers.slice(0, 2)).toEqual([25, 60]);
    expect(dot?.alpha).toBeLessThan(1);
  });

  it('draws bars from the base, pale while they fill, and none for a gap', () => {
    const ink = draw('cost_usd', frameOf(0, 10, { 'cost_usd:sum': [5, null, 0, 8] }), { nowMs: 35 });
    const bars = callsOf(ink, 'fillRect');
    expect(bars.map((call) => call.numbers)).toEqual([
      [0, 85, 9, 5],
      [30, 82, 9, 8],
    ]);
    expect(bars[1]?.alpha).toBeLessThan(bars[0]?.alpha ?? 0);
  });

  it('fills the band between p50 and p95', () => {
    const ink = draw(
      'latency_ms',
      frameOf(0, 10, { 'latency_ms:p50': [10, 12], 'latency_ms:p95': [20, 22], 'latency_ms:p99': [30, 32] }),
    );
    const [band] = callsOf(ink, 'fill');
    expect(band?.alpha).toBeLessThan(0.5);
    expect(
      callsOf(ink, 'lineTo')
        .slice(0, 3)
        .map((call) => call.numbers),
    ).toEqual([
      [15, 68],
      [15, 78],
      [5, 80],
    ]);
  });

  it('hatches a silence within its own limits', () => {
    const ink = draw('cpu_usage_percent', frameOf(0, 10, { 'cpu_usage_percent:avg': [10] }), {
      silences: [{ startMs: 20, endMs: 60 }],
    });
    expect(callsOf(ink, 'rect')[0]?.numbers).toEqual([20, 0, 40, 96]);
    expect(callsOf(ink, 'clip')).toHaveLength(1);
    expect(callsOf(ink, 'stroke')[0]?.stroke).toBe('hatch');
  });
});
