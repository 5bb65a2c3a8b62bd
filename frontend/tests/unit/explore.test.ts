import { describe, expect, it } from 'vitest';
import { valueScale } from '../../src/charts/geometry';
import { prepareEnds } from '../../src/charts/prepare/ends';
import { preparePanel } from '../../src/charts/prepare/panel';
import { prepareReadouts } from '../../src/charts/prepare/readouts';
import { prepareValueAxis } from '../../src/charts/prepare/valueAxis';
import {
  addedMetric,
  aggregatesOf,
  metricName,
  metricTitle,
  parseMetric,
  recordColumns,
  type Metric,
} from '../../src/pages/explore/exploreMetrics';
import { prepareExplorePanels } from '../../src/pages/explore/explorePanels';
import {
  explorationTitle,
  exploreQuestion,
  intervalOf,
  MOST_METRICS,
  readExploration,
} from '../../src/pages/explore/exploreQuestion';
import { exploreGroups } from '../../src/pages/explore/exploreSeries';
import {
  changeText,
  exploreCsv,
  exploreJson,
  overRange,
  prepareExploreRows,
} from '../../src/pages/explore/exploreTable';
import type { ExploreAnswer, ExploreQuestion } from '../../src/services/explore';
import type { GroupSeries } from '../../src/services/metrics';
import { exploreRefresh } from '../../src/state/useExploration';
import { agentOf, NOON } from '../support/samples';

const MINUTE = 60_000;

function metricOf(text: string): Metric {
  const metric = parseMetric(text);
  if (!metric) throw new Error(`${text} is no metric`);
  return metric;
}

const P95 = metricOf('latency_ms:p95');
const COST = metricOf('cost_usd:sum');

function seriesOf(name: string, values: number[], part: Partial<GroupSeries> = {}): GroupSeries {
  const column = Float64Array.from(values);
  return {
    key: name,
    name,
    metric: P95.text,
    unit: 'ms',
    other: false,
    values: column,
    previous: column.map((value) => value / 2),
    ...part,
  };
}

function answerOf(series: GroupSeries[], part: Partial<ExploreQuestion> = {}): ExploreAnswer {
  const length = series[0]?.values.length ?? 0;
  return {
    question: {
      agents: [],
      metrics: [P95.text],
      start: 'now-1h',
      end: 'now',
      stepMs: MINUTE,
      groupBy: 'agent',
      previous: false,
      intervalMs: 5000,
      ...part,
    },
    frame: {
      stepMs: MINUTE,
      times: Float64Array.from({ length }, (_, index) => NOON + index * MINUTE),
      series,
    },
  };
}

const named = (...names: string[]): GroupSeries[] =>
  names.map((name, index) => seriesOf(name, [index + 1, 9]));

function panelOf(
  answer: ExploreAnswer,
  metric: Metric = P95,
  look: { compared?: boolean; isolated?: string } = {},
) {
  const [panel] = prepareExplorePanels(answer, [metric], {
    compared: look.compared ?? false,
    isolated: look.isolated ?? null,
  });
  if (!panel) throw new Error('no panel');
  return panel;
}

const lineNames = (answer: ExploreAnswer, isolated?: string): string[] =>
  panelOf(answer, P95, isolated === undefined ? {} : { isolated }).spec.marks.map((mark) =>
    mark.type === 'band' ? '' : mark.metric,
  );

describe('what can be drawn', () => {
  it('is a known metric or a custom one, whose name may hold a colon', () => {
    expect(P95).toMatchObject({ aggregate: 'p95', info: { title: 'Latency' } });
    expect(parseMetric('custom.queue:depth:avg')).toMatchObject({
      aggregate: 'avg',
      info: { name: 'custom.queue:depth', title: 'queue:depth' },
    });
    expect(['latency_ms', 'latency_ms:p42', 'nothing:avg', 'custom.:avg', ''].map(parseMetric)).toEqual(
      new Array(5).fill(null),
    );
  });

  it('is added with the first of its aggregates that is not there yet', () => {
    expect(addedMetric('latency_ms', [])).toBe('latency_ms:p95');
    expect(addedMetric('latency_ms', [P95])).toBe('latency_ms:p50');
    expect(addedMetric('error_rate_percent', [metricOf('error_rate_percent:avg')])).toBeNull();
    expect(addedMetric('nothing', [])).toBeNull();
  });

  it('keeps an aggregate of the address that is not offered', () => {
    expect(aggregatesOf(metricOf('latency_ms:sum'))).toContain('sum');
    expect(aggregatesOf(P95)).not.toContain('sum');
  });

  it('is called as people call it', () => {
    expect(
      [P95, COST, metricOf('memory_usage_mb:max'), metricOf('latency_ms:count')].map(metricName),
    ).toEqual(['Latency p95', 'Cost', 'Memory, highest', 'Latency, values counted']);
    expect(metricTitle(COST, 10 * MINUTE)).toBe('Cost per 10 min');
    expect(metricTitle(P95, 10 * MINUTE)).toBe('Latency p95');
  });

  it('is made of these columns of a record', () => {
    expect(recordColumns([P95, metricOf('errors:sum'), metricOf('custom.x:avg')])).toEqual(
      expect.arrayContaining([
        'timestamp',
        'agent',
        'latency_ms',
        'status',
        'request_count',
        'custom_metrics',
      ]),
    );
  });
});

describe('what stands in the address', () => {
  const read = (query: string) => readExploration(new URLSearchParams(query));

  it('is latency and cost by agent where it says nothing', () => {
    const { metrics, ...rest } = read('');
    expect(metrics.map(({ text }) => text)).toEqual(['latency_ms:p95', 'cost_usd:sum']);
    expect(rest).toEqual({ agents: [], groupBy: 'agent', compared: false });
    expect(read('metric=nonsense').metrics).toHaveLength(2);
  });

  it('is read in full, each metric once and not too many', () => {
    const metrics = ['avg', 'p50', 'p95', 'p99', 'min', 'max', 'sum', 'count', 'last', 'avg'].map(
      (aggregate) => `metric=ttft_ms:${aggregate}`,
    );
    const all = read(`${metrics.join('&')}&agent=a&agent=b&by=label:team&compare=previous`);
    expect(all.metrics).toHaveLength(MOST_METRICS);
    expect(all).toMatchObject({ agents: ['a', 'b'], groupBy: 'label:team', compared: true });
    expect([read('by=moon').groupBy, read('by=label:').groupBy, read('by=none').groupBy]).toEqual([
      'agent',
      'agent',
      'none',
    ]);
  });

  it('becomes a title', () => {
    expect(explorationTitle(read(''))).toBe('Latency, Cost by agent');
    expect(explorationTitle(read('by=none&agent=a'))).toBe('Latency, Cost of a');
    expect(explorationTitle(read('agent=a&agent=b'))).toBe('Latency, Cost of 2 agents');
    expect(explorationTitle(read('agent=a&agent=b&by=label:team&metric=requests:sum'))).toBe(
      'Requests of 2 agents by team',
    );
    expect(
      explorationTitle(
        read('by=host&metric=requests:sum&metric=errors:sum&metric=cost_usd:sum&metric=ttft_ms:avg'),
      ),
    ).toBe('4 metrics by host');
  });

  it('becomes a question whose step suits how often the agents report', () => {
    const agents = [agentOf('a', { interval_s: 10 }), agentOf('b', { interval_s: 86_400 })];
    expect([intervalOf(agents, ['a']), intervalOf(agents, []), intervalOf([], [])]).toEqual([
      10_000, 60_000, 1000,
    ]);
    const range = { start: 'now-1h', end: 'now' };
    expect(exploreQuestion(read('compare=previous'), range, NOON, 10_000)).toMatchObject({
      stepMs: 15_000,
      top: 5,
      previous: true,
      ...range,
    });
    expect(exploreQuestion(read('by=none'), range, NOON, 1000).top).toBeUndefined();
  });

  it('is asked again as often as its buckets change', () => {
    const refresh = (stepMs: number, end = 'now') =>
      exploreRefresh({ ...answerOf([]).question, stepMs, end });
    expect([refresh(1000), refresh(10_000), refresh(3_600_000)]).toEqual([5000, 10_000, 30_000]);
    expect(refresh(1000, '2026-03-10T12:00:00Z')).toBe(false);
  });
});

describe('groups', () => {
  it('keep their hue and place when the server ranks them anew', () => {
    const before = exploreGroups(answerOf(named('b', 'a')).frame, 'agent');
    const after = exploreGroups(answerOf(named('a', 'b')).frame, 'agent');
    expect(before).toEqual(after);
    expect(before.map(({ name, hue }) => [name, hue])).toEqual([
      ['a', 'blue'],
      ['b', 'cyan'],
    ]);
  });

  it('stand by name, all others last; those without a name say so', () => {
    const series = [...named('z', 'a'), seriesOf('', [1, 1]), seriesOf('', [1, 1], { other: true })];
    const names = (groupBy: string) => exploreGroups(answerOf(series).frame, groupBy).map(({ name }) => name);
    expect(names('model')).toEqual(['a', 'no model named', 'z', 'All others']);
    expect(names('label:team')).toContain('no team');
    expect(exploreGroups(answerOf([seriesOf('', [1])]).frame, 'none')[0]?.name).toBe('All');
  });
});

describe('a chart of lines', () => {
  it('alone has the hue of its metric and its number in the title', () => {
    const { spec } = panelOf(answerOf([seriesOf('', [1, 2])], { groupBy: 'none' }), P95, { compared: true });
    expect(spec.info).toMatchObject({ name: 'latency_ms:p95', title: 'Latency p95', unit: 'ms' });
    expect(spec.marks).toMatchObject([
      { type: 'ghost', hue: 'slate' },
      { type: 'line', hue: 'blue' },
    ]);
    expect(spec.readouts).toMatchObject([{ label: '' }, { label: 'the time before' }]);
  });

  it('has up to four names at the ends of the lines, each with its time before', () => {
    const { spec } = panelOf(answerOf(named('a', 'b', 'c', 'd')), P95, { compared: true });
    expect(spec.readouts.every((readout) => readout.end)).toBe(true);
    expect(spec.marks.filter((mark) => mark.type === 'ghost').map((mark) => mark.hue)).toEqual([
      'blue',
      'cyan',
      'violet',
      'magenta',
    ]);
  });

  it('has a legend beyond, and the time before only of the one that is shown alone', () => {
    const answer = answerOf(named('a', 'b', 'c', 'd', 'e'));
    const all = panelOf(answer, P95, { compared: true }).spec;
    expect(all.readouts.every((readout) => readout.legend)).toBe(true);
    expect(all.marks.every((mark) => mark.type === 'line')).toBe(true);
    const one = panelOf(answer, P95, { compared: true, isolated: 'c' }).spec;
    expect(one.marks.map((mark) => mark.type)).toEqual(['ghost', 'line']);
    expect(one.readouts).toHaveLength(6);
  });

  it('shows all where the address isolates a name that is not there', () => {
    expect(lineNames(answerOf(named('a', 'b')), 'gone')).toHaveLength(2);
    expect(lineNames(answerOf(named('a', 'b')), 'a')).toHaveLength(1);
  });

  it('is high where there are few, and a small multiple among many', () => {
    const heights = [1, 3, 5].map((count) => {
      const metrics = Array.from({ length: count }, () => P95);
      const look = { compared: false, isolated: null };
      return prepareExplorePanels(answerOf(named('a')), metrics, look)[0]?.spec.heightPx;
    });
    expect(heights).toEqual([192, 136, 96]);
  });

  it('says that it has nothing', () => {
    const { spec, frame } = panelOf(answerOf([]));
    const context = {
      window: { startMs: NOON, endMs: NOON + MINUTE, live: false },
      nowMs: NOON + MINUTE,
      intervalMs: 0,
      thresholds: undefined,
      silences: [],
    };
    expect(preparePanel(spec, frame, context).measured).toBe(false);
  });
});

describe('a chart of what adds up', () => {
  const costs = (...names: string[]) =>
    answerOf(
      names.map((name, index) => seriesOf(name, [index + 1, 1], { metric: COST.text, unit: 'USD' })),
      { metrics: [COST.text] },
    );

  it('stacks bars, tells their sum, and draws the time before of all', () => {
    const { spec, frame } = panelOf(costs('a', 'b'), COST, { compared: true });
    expect(spec.marks).toMatchObject([
      { type: 'bars', on: [] },
      { type: 'bars', on: ['group a'] },
      { type: 'ghost', stepped: true },
    ]);
    const total = frame.series.find((series) => series.metric === 'total');
    expect([...(total?.values ?? [])]).toEqual([3, 2]);
    const before = frame.series.find((series) => series.metric === 'before');
    expect([...(before?.values ?? [])]).toEqual([1.5, 1]);
  });

  it('alone stands on nothing and needs no legend; isolated the sum is its own', () => {
    const alone = panelOf(costs('a'), COST).spec;
    expect(alone.marks).toEqual([{ type: 'bars', metric: 'group a', hue: 'violet' }]);
    expect(alone.readouts).toHaveLength(1);
    const { frame } = panelOf(costs('a', 'b'), COST, { isolated: 'b' });
    const total = frame.series.find((series) => series.metric === 'total');
    expect([...(total?.values ?? [])]).toEqual([2, 1]);
  });
});

describe('names at the ends of lines', () => {
  const context = {
    window: { startMs: NOON, endMs: NOON + 2 * MINUTE, live: false },
    nowMs: NOON + 2 * MINUTE,
    intervalMs: 0,
    thresholds: undefined,
    silences: [],
  };

  it('stand beside the last value, and never on each other', () => {
    const answer = answerOf([
      seriesOf('a', [1, 0]),
      seriesOf('b', [1, 0.5]),
      seriesOf('c', [1, 100]),
      seriesOf('d', [1, Number.NaN]),
    ]);
    const { spec, frame } = panelOf(answer);
    const panel = preparePanel(spec, frame, context);
    const places = prepareEnds(panel, valueScale(panel.axis.max, panel.heightPx));
    const ys = [...places.values()].sort((left, right) => left - right);
    expect(places.size).toBe(4);
    expect(ys.every((y, index) => index === 0 || y - (ys[index - 1] ?? 0) >= 16)).toBe(true);
    expect(Math.max(...ys)).toBeLessThanOrEqual(panel.heightPx - 8);
    expect(prepareReadouts(panel, null).map((readout) => readout.end)).toEqual([true, true, true, true]);
  });
});

describe('values below zero', () => {
  it('stretch the axis downwards, with zero still in it', () => {
    expect(prepareValueAxis(10, 'count', -3)).toMatchObject({ min: -3, max: 10 });
    expect(prepareValueAxis(0, 'count', -3).ticks.map(({ value }) => value)).toEqual([-3, 0]);
    expect(valueScale(10, 100, -10)(0)).toBeCloseTo(52.75);
  });
});

describe('the range as a table', () => {
  it('adds up sums, takes extremes, and means of the rest', () => {
    const values = Float64Array.of(1, Number.NaN, 5);
    const over = (text: string) => overRange(values, metricOf(text));
    expect(['sum', 'count', 'max', 'min', 'last', 'avg', 'p95'].map((by) => over(`ttft_ms:${by}`))).toEqual([
      6, 6, 5, 1, 5, 3, 3,
    ]);
    expect(overRange(Float64Array.of(Number.NaN), P95)).toBeNull();
  });

  it('compares with the time before where that is wanted', () => {
    const series = [seriesOf('a', [10, 20]), seriesOf('b', [4, 4], { previous: Float64Array.of(0, 0) })];
    const [a, b] = prepareExploreRows(answerOf(series, { previous: true }), [P95]);
    expect(a?.cells[0]).toMatchObject({ value: 15, before: 7.5, change: 100 });
    expect(b?.cells[0]?.change).toBeNull();
    expect(prepareExploreRows(answerOf(series), [P95])[0]?.cells[0]?.before).toBeNull();
    expect(prepareExploreRows(answerOf(series), [COST])[0]?.cells[0]).toMatchObject({
      value: null,
      unit: 'USD',
    });
  });

  it('writes a change as people read it', () => {
    const text = (change: number | null) =>
      changeText({ metric: '', unit: 'ms', value: 1, before: 1, change });
    expect([text(null), text(3.14), text(-42), text(0.01)]).toEqual(['–', '+3.1%', '−42%', '±0%']);
  });
});

describe('the view as a file', () => {
  const series = [
    seriesOf('=a', [1, Number.NaN]),
    seriesOf('b', [3, 4], { metric: COST.text, unit: 'USD', previous: Float64Array.of(7, 8) }),
  ];

  it('has a line for each bucket and group, not measured is empty', () => {
    const answer = answerOf(series, { previous: true, groupBy: 'label:team' });
    expect(exploreCsv(answer, [P95, COST]).split('\r\n')).toEqual([
      'start,team,latency_ms:p95,cost_usd:sum,previous latency_ms:p95,previous cost_usd:sum',
      "2026-03-10T12:00:00.000Z,'=a,1,,0.5,",
      '2026-03-10T12:00:00.000Z,b,,3,,7',
      "2026-03-10T12:01:00.000Z,'=a,,,,",
      '2026-03-10T12:01:00.000Z,b,,4,,8',
      '',
    ]);
  });

  it('names no group where there is none, and has its head where it is empty', () => {
    const answer = answerOf([seriesOf('', [1])], { groupBy: 'none' });
    expect(JSON.parse(exploreJson(answer, [P95]))).toEqual([
      { start: '2026-03-10T12:00:00.000Z', 'latency_ms:p95': 1 },
    ]);
    expect(exploreCsv(answerOf([]), [P95])).toBe('start\r\n');
  });
});
