import { describe, expect, it } from 'vitest';
import { preparePanel, type PanelContext } from '../../../src/charts/prepare/panel';
import {
  AGENT_PANELS,
  canStandAlone,
  comparedPanel,
  customPanels,
  isolatedPanel,
  panelMetrics,
  type PanelSpec,
} from '../../../src/charts/prepare/panelSpecs';
import { shiftFrame, withPrevious } from '../../../src/charts/prepare/previous';
import { bucketAt, describePanel, prepareReadouts, valueAt } from '../../../src/charts/prepare/readouts';
import { joinTolerance, prepareSilences, type SilenceContext } from '../../../src/charts/prepare/silences';
import { withTokens } from '../../../src/charts/prepare/tokens';
import { frameOf } from '../../support/samples';

function specOf(name: string): PanelSpec {
  const found = AGENT_PANELS.find((spec) => spec.info.name === name);
  if (!found) throw new Error(`no panel ${name}`);
  return found;
}

const latency = specOf('latency_ms');
const cost = specOf('cost_usd');
const cpu = specOf('cpu_usage_percent');
const gpu = specOf('gpu_usage_percent');
const errors = specOf('errors');
const tokens = specOf('tokens');

const CONTEXT: PanelContext = {
  window: { startMs: 0, endMs: 50_000, live: true },
  nowMs: 45_000,
  intervalMs: 5000,
  thresholds: undefined,
  silences: [],
};

const LATENCY = frameOf(0, 10_000, {
  'latency_ms:p50': [100, 110, null, 130, 120],
  'latency_ms:p95': [200, 210, null, 230, 220],
  'latency_ms:p99': [300, 310, null, 900, 320],
  'latency_ms:avg': [120, 130, null, 150, 140],
});

describe('preparePanel', () => {
  it('draws latency as a band under a thin p99 and a strong p50, scaled to the highest', () => {
    const panel = preparePanel(latency, LATENCY, CONTEXT);
    expect(panel.marks.map((mark) => mark.spec.type)).toEqual(['band', 'line', 'line']);
    expect(panel.marks[0]?.low?.[0]).toBe(100);
    expect(panel.axis.max).toBe(1000);
    expect(panel.measured).toBe(true);
  });

  it('knows the bucket that is still open, and that a past range has none', () => {
    expect(preparePanel(latency, LATENCY, CONTEXT).openFromMs).toBe(40_000);
    expect(preparePanel(latency, LATENCY, { ...CONTEXT, nowMs: 80_000 }).openFromMs).toBeNull();
  });

  it('says that a metric was not measured instead of drawing zeros', () => {
    const panel = preparePanel(gpu, frameOf(0, 10_000, { 'gpu_usage_percent:avg': [null, null] }), CONTEXT);
    expect(panel.measured).toBe(false);
    expect(describePanel(panel)).toBe('GPU: not measured in this range');
  });

  it('shows a measured zero as zero', () => {
    const frame = frameOf(20_000, 10_000, { 'cpu_usage_percent:avg': [0, 0] });
    const panel = preparePanel(cpu, frame, CONTEXT);
    expect(panel.measured).toBe(true);
    expect(prepareReadouts(panel, null)[0]?.value).toBe(0);
  });

  it('makes room for a threshold near the data', () => {
    const frame = frameOf(0, 10_000, {
      'latency_ms:p50': [100],
      'latency_ms:p95': [100],
      'latency_ms:p99': [100],
    });
    const panel = preparePanel(latency, frame, { ...CONTEXT, thresholds: { warn: 180, critical: 9000 } });
    expect(panel.axis.max).toBe(200);
    expect(panel.thresholds.map((line) => line.inside)).toEqual([true, false]);
  });

  it('leaves a band out where its lower edge is missing', () => {
    const panel = preparePanel(latency, frameOf(0, 10_000, { 'latency_ms:p95': [100] }), CONTEXT);
    expect(panel.marks).toEqual([]);
  });

  it('asks for every column once', () => {
    const metrics = panelMetrics(AGENT_PANELS);
    expect(new Set(metrics).size).toBe(metrics.length);
    expect(metrics).toContain('gpu_memory_usage_mb:max');
    expect(metrics).toContain('cache_read_tokens:sum');
    expect(metrics).not.toContain('tokens:sum');
    expect(metrics.length).toBeLessThanOrEqual(32);
  });
});

describe('the window', () => {
  it('cuts off what a frame holds before and after it', () => {
    const window = { startMs: 15_000, endMs: 30_000, live: false };
    const panel = preparePanel(latency, LATENCY, { ...CONTEXT, window });
    expect([...panel.times]).toEqual([10_000, 20_000]);
    expect([...(panel.marks[2]?.values ?? [])]).toEqual([110, NaN]);
    expect(panel.axis.max).toBe(400);
    expect(prepareReadouts(panel, null)[0]?.value).toBe(110);
  });

  it('measures nothing where all values are older than it', () => {
    const window = { startMs: 600_000, endMs: 700_000, live: true };
    const panel = preparePanel(latency, LATENCY, { ...CONTEXT, window, nowMs: 700_000 });
    expect(panel.measured).toBe(false);
  });

  it('sums the window alone', () => {
    const frame = frameOf(0, 10_000, { 'cost_usd:sum': [8, 1, 2] });
    const window = { startMs: 10_000, endMs: 30_000, live: false };
    expect(prepareReadouts(preparePanel(cost, frame, { ...CONTEXT, window }), null)[0]?.value).toBe(3);
  });
});

describe('prepareReadouts', () => {
  it('is a dash at rest once the newest value is too old to be called current', () => {
    const old = { ...CONTEXT, window: { startMs: 0, endMs: 120_000, live: true }, nowMs: 120_000 };
    const stale = preparePanel(latency, LATENCY, old);
    expect(stale.measured).toBe(true);
    expect(describePanel(stale)).toBe('Latency: p50 –, p95 –, p99 –, avg –');
    const past = preparePanel(latency, LATENCY, { ...old, window: { ...old.window, live: false } });
    expect(prepareReadouts(past, null)[0]?.value).toBe(120);
  });

  const panel = preparePanel(latency, LATENCY, CONTEXT);
  const values = (atMs: number | null): (number | null)[] =>
    prepareReadouts(panel, atMs).map((item) => item.value);

  it('gives the newest values at rest and those of the moment under the crosshair', () => {
    expect(values(null)).toEqual([120, 220, 320, 140]);
    expect(values(34_000)).toEqual([130, 230, 900, 150]);
  });

  it('holds the last sample for the joined distance, then is empty', () => {
    expect(values(24_000)).toEqual([110, 210, 310, 130]);
    expect(values(-1)).toEqual([null, null, null, null]);
    expect(valueAt(panel, Float64Array.of(1, NaN, NaN, NaN, NaN), 41_000)).toBeNull();
  });

  it('sums cost at rest and gives the bucket under the crosshair', () => {
    const money = preparePanel(cost, frameOf(0, 10_000, { 'cost_usd:sum': [0.5, null, 0.25] }), CONTEXT);
    expect(prepareReadouts(money, null)).toMatchObject([{ label: 'in range', value: 0.75 }]);
    expect(prepareReadouts(money, 21_000)).toMatchObject([{ label: 'in 10 s', value: 0.25 }]);
    expect(prepareReadouts(money, 11_000)).toMatchObject([{ value: null, quantity: { text: '–' } }]);
  });

  it('finds the bucket that holds a moment', () => {
    const times = Float64Array.of(0, 10, 20);
    expect([bucketAt(times, 10, -1), bucketAt(times, 10, 9), bucketAt(times, 10, 10)]).toEqual([-1, 0, 1]);
    expect(bucketAt(times, 10, 30)).toBe(-1);
  });

  it('describes a panel in one sentence', () => {
    expect(describePanel(panel)).toBe('Latency: p50 120 ms, p95 220 ms, p99 320 ms, avg 140 ms');
  });
});

describe('tokens', () => {
  const frame = frameOf(0, 10_000, {
    'input_tokens:sum': [100, 50, null],
    'output_tokens:sum': [10, 5, null],
    'cache_read_tokens:sum': [60, null, null],
    'cache_write_tokens:sum': [null, null, null],
  });

  it('stand on each other by kind, up to all, and leave out what nobody sent', () => {
    const panel = preparePanel(tokens, withTokens(frame), CONTEXT);
    const labels = prepareReadouts(panel, 0).map(({ label, value }) => [label, value]);
    expect(labels).toEqual([
      ['in 10 s', 110],
      ['input', 40],
      ['from cache', 60],
      ['output', 10],
    ]);
    expect([...(panel.marks[1]?.low ?? [])]).toEqual([40, 50, 0]);
    expect([...(panel.marks[2]?.values ?? [])]).toEqual([110, 55, NaN]);
  });

  it('are not measured where no agent counts them', () => {
    const silent = withTokens(frameOf(0, 10_000, { 'input_tokens:sum': [null] }));
    expect(preparePanel(tokens, silent, CONTEXT).measured).toBe(false);
    const without = frameOf(0, 10_000, { 'cpu_usage_percent:avg': [1] });
    expect(withTokens(without)).toBe(without);
  });
});

describe('errors', () => {
  it('fold away while there are none', () => {
    const none = preparePanel(errors, frameOf(0, 10_000, { 'errors:sum': [0, 0] }), CONTEXT);
    expect([none.measured, none.folded]).toEqual([true, true]);
    expect(describePanel(none)).toBe('Errors: in range 0');
    expect(preparePanel(errors, frameOf(0, 10_000, { 'errors:sum': [0, 2] }), CONTEXT).folded).toBe(false);
  });
});

describe('the time before', () => {
  const before = frameOf(-50_000, 10_000, { 'latency_ms:p95': [400, 410, 420, 430], 'cost_usd:sum': [1, 2] });
  const shifted = shiftFrame(before, 50_000);

  it('lies on the same axis, bucket behind bucket, and makes room for itself', () => {
    const frame = withPrevious(LATENCY, shifted, ['latency_ms:p95', 'cost_usd:sum']);
    const panel = preparePanel(comparedPanel(latency), frame, CONTEXT);
    const ghost = panel.marks.find((mark) => mark.spec.type === 'ghost');
    expect([...(ghost?.values ?? [])]).toEqual([400, 410, 420, 430, NaN]);
    expect(prepareReadouts(panel, 12_000).at(-1)).toMatchObject({ label: 'p95 before', value: 410 });
    expect(frame.series).toHaveLength(LATENCY.series.length + 1);
  });

  it('is summed where the present is', () => {
    const money = frameOf(0, 10_000, { 'cost_usd:sum': [5, 5] });
    const frame = withPrevious(money, shifted, ['cost_usd:sum']);
    const panel = preparePanel(comparedPanel(cost), frame, CONTEXT);
    expect(prepareReadouts(panel, null).map(({ label, value }) => [label, value])).toEqual([
      ['in range', 10],
      ['before', 3],
    ]);
    expect(panel.marks.at(-1)?.spec).toMatchObject({ type: 'ghost', stepped: true });
  });
});

describe('a name that stands alone', () => {
  const kinds = (panel: PanelSpec): string[] => panel.marks.map((mark) => mark.type);

  it('is drawn from the ground, on its own axis, and the others keep their numbers', () => {
    const frame = withTokens(
      frameOf(0, 10_000, { 'input_tokens:sum': [100, 50], 'output_tokens:sum': [10, 5] }),
    );
    const panel = preparePanel(isolatedPanel(tokens, 'output'), frame, CONTEXT);
    expect(panel.marks.map((mark) => [...mark.values])).toEqual([[10, 5]]);
    expect(panel.axis.max).toBe(10);
    expect(prepareReadouts(panel, 0).map(({ label }) => label)).toEqual(['in 10 s', 'input', 'output']);
  });

  it('is a line, a thin one or a band as it is among the others', () => {
    expect(isolatedPanel(latency, 'p95').marks).toMatchObject([{ type: 'band', high: 'latency_ms:p95' }]);
    expect(isolatedPanel(latency, 'p99').marks).toMatchObject([{ type: 'line', weight: 'thin' }]);
    expect(kinds(isolatedPanel(latency, null))).toHaveLength(3);
  });

  it('keeps the time before where that is what is compared', () => {
    expect(kinds(isolatedPanel(comparedPanel(latency), 'p95'))).toEqual(['band', 'ghost']);
    expect(kinds(isolatedPanel(comparedPanel(latency), 'p50'))).toEqual(['line']);
  });

  it('is none where there is but one, or no ink of its own', () => {
    expect(cpu.readouts.map((readout) => canStandAlone(cpu, readout))).toEqual([false]);
    expect(isolatedPanel(latency, 'avg')).toBe(latency);
    expect(isolatedPanel(cpu, '')).toBe(cpu);
  });
});

describe('custom metrics', () => {
  it('have a line each, by their names', () => {
    const [panel] = customPanels(['queue depth']);
    expect(panel?.info).toMatchObject({ name: 'custom.queue depth', title: 'queue depth' });
    expect(panel && panelMetrics([panel])).toEqual(['custom.queue depth:avg']);
  });
});

describe('prepareSilences', () => {
  const context: SilenceContext = {
    window: { startMs: 0, endMs: 100_000, live: true },
    nowMs: 100_000,
    intervalMs: 1000,
    createdMs: 0,
  };
  const frame = (values: (number | null)[]) => frameOf(0, 10_000, { m: values });

  it('marks where nothing at all was heard', () => {
    const silent = [1, 1, null, null, null, 1, 1, 1, 1, 1];
    expect(prepareSilences(frame(silent), context)).toEqual([{ startMs: 20_000, endMs: 50_000 }]);
  });

  it('is no silence where another metric was heard', () => {
    const both = frameOf(0, 10_000, { m: [1, null, null, null, 1], n: [1, 1, 1, 1, 1] });
    expect(prepareSilences(both, { ...context, window: { ...context.window, endMs: 50_000 } })).toEqual([]);
  });

  it('is no silence where the agent samples more rarely than a bucket', () => {
    const rare = [1, null, null, null, 1, null, null, null, 1, null];
    expect(prepareSilences(frame(rare), { ...context, intervalMs: 40_000 })).toEqual([]);
  });

  it('marks a silence that lasts until now, never the future', () => {
    const ended = prepareSilences(frame([1, 1]), { ...context, nowMs: 70_000 });
    expect(ended).toEqual([{ startMs: 20_000, endMs: 70_000 }]);
  });

  it('begins no earlier than the agent', () => {
    const late = prepareSilences(frame([null, null, null, null, null, null, 1, 1, 1, 1]), {
      ...context,
      createdMs: 55_000,
    });
    expect(late).toEqual([]);
  });

  it('joins what is closer than two and a half buckets or three intervals', () => {
    expect(joinTolerance(10_000, 1000)).toBe(25_000);
    expect(joinTolerance(1000, 30_000)).toBe(90_000);
  });
});
