import { describe, expect, it } from 'vitest';
import { preparePanel } from '../../src/charts/prepare/panel';
import { prepareReadouts } from '../../src/charts/prepare/readouts';
import { costQuestion, costStep, readGrouping } from '../../src/pages/costs/costQuestion';
import { prepareCostChart } from '../../src/pages/costs/costChart';
import {
  costCsv,
  prepareCostRows,
  prepareCostTotal,
  readCostSort,
  sortCostRows,
} from '../../src/pages/costs/costRows';
import { costSentence } from '../../src/pages/costs/costSentence';
import { priceCommands, whyUnpriced } from '../../src/pages/costs/unpriced';
import { shellWord } from '../../src/utils/shellWord';
import type { CostAnswer } from '../../src/services/costs';
import { toGroups, type GroupedFrame, type GroupSeries } from '../../src/services/metrics';
import type { CostGroup, Costs } from '../../src/services/types';
import { comparison } from '../../src/utils/comparison';
import { costsOf, figuresOf, groupOf, NOON } from '../support/samples';

const DAY = 86_400_000;

function seriesOf(key: string, values: (number | null)[], part: Partial<GroupSeries> = {}): GroupSeries {
  const column = Float64Array.from(values, (value) => value ?? Number.NaN);
  const previous = column.map((value) => value / 2);
  return {
    key,
    name: key,
    metric: 'cost_usd:sum',
    unit: 'USD',
    other: false,
    values: column,
    previous,
    ...part,
  };
}

function historyOf(series: GroupSeries[]): GroupedFrame {
  const length = series[0]?.values.length ?? 0;
  return { stepMs: DAY, times: Float64Array.from({ length }, (_, index) => index * DAY), series };
}

function answerOf(
  costs: Partial<Costs>,
  series: GroupSeries[] = [],
  groupBy: CostAnswer['question']['groupBy'] = 'agent',
  agents: string[] = [],
): CostAnswer {
  const question = { agents, start: '2026-02-08T00:00:00.000Z', end: 'now', groupBy, stepMs: DAY };
  return { question, costs: costsOf(costs), history: historyOf(series) };
}

const agentGroup = (name: string, part: Partial<CostGroup> = {}): CostGroup =>
  groupOf({ agent_id: `id-${name}`, agent: name, ...part });

describe('the question', () => {
  it('takes days where people think in days, finer bars for a short range and months for years', () => {
    expect(costStep(30 * DAY)).toBe(DAY);
    expect(costStep(7 * DAY)).toBe(DAY);
    expect(costStep(DAY)).toBe(1_800_000);
    expect(costStep(3_600_000)).toBe(120_000);
    expect(costStep(365 * DAY)).toBe(30 * DAY);
  });

  it('begins with a whole bar, so that it stays one question until the next begins', () => {
    const range = { start: 'now-30d', end: 'now' };
    const first = costQuestion(range, NOON, ['a'], 'model');
    expect(first).toEqual({
      agents: ['a'],
      start: '2026-02-08T00:00:00.000Z',
      end: 'now',
      groupBy: 'model',
      stepMs: DAY,
    });
    expect(costQuestion(range, NOON + 1000, ['a'], 'model')).toEqual(first);
  });

  it('of the past has an end', () => {
    const range = { start: '2026-03-01T10:00:00Z', end: '2026-03-02T10:00:00Z' };
    expect(costQuestion(range, NOON, [], 'agent').end).toBe('2026-03-02T10:00:00.000Z');
  });

  it('reads the grouping of the address', () => {
    expect(readGrouping(new URLSearchParams('by=provider'))).toBe('provider');
    expect(readGrouping(new URLSearchParams('by=nonsense'))).toBe('agent');
  });

  it('takes the contract’s series, those of others too', () => {
    const like = { agent_id: null, agent: null, metric: 'm', unit: 'USD' as const };
    const history = toGroups({
      start: '',
      end: '',
      step_s: 60,
      times: [0],
      series: [
        { ...like, group: 'gpt', values: [1], previous: [null] },
        { ...like, group: null, other: true, values: [null] },
      ],
    });
    expect(history.series.map(({ key, other }) => [key, other])).toEqual([
      ['gpt', false],
      ['', true],
    ]);
    expect(history.series[0]?.previous[0]).toBeNaN();
  });
});

describe('the sentence', () => {
  const say = (answer: CostAnswer): string => {
    const { lead, rest } = costSentence(answer, NOON);
    return [lead, ...rest].join(' ');
  };

  it('answers this month, where it goes, and how the range compares', () => {
    const answer = answerOf({ total: figuresOf({ cost_usd: 150 }) }, [seriesOf('a', [100, 50])]);
    expect(say(answer)).toMatch(
      /^\$412 this month, about \$1,020 by its end\. \$150 since .+, 100% more than in the 30 d before\.$/,
    );
  });

  it('says what caches saved, where they did', () => {
    const saved = (cache_saved_usd: number | null): string =>
      say(answerOf({ total: figuresOf({ cost_usd: null, cache_saved_usd }) }));
    expect(saved(12.5)).toContain(' Caches saved $12.50.');
    expect(saved(null)).not.toContain('saved');
    expect(saved(-1)).not.toContain('saved');
  });

  it('says for whom, and what has no price', () => {
    const unpriced = [{ provider: '', model: 'm', requests: 1, input_tokens: 5, output_tokens: 5 }];
    const one = say(answerOf({ unpriced, total: figuresOf({ cost_usd: null }) }, [], 'agent', ['bot']));
    expect(one).toBe('$412 this month for bot, about $1,020 by its end. 1 request has no price.');
    expect(say(answerOf({}, [], 'agent', ['a', 'b']))).toContain('this month for 2 agents');
  });

  it('tells the method of the forecast, and the month before', () => {
    expect(costSentence(answerOf({}), NOON).method).toBe(
      'Forecast: what March cost so far, and the mean of the last 7 whole days for each day that is left (UTC). February was $980.',
    );
    const month = { ...costsOf().month, forecast_usd: null, forecast_days: 0 };
    expect(costSentence(answerOf({ month }), NOON).method).toMatch(/^No forecast before/);
    expect(say(answerOf({ month, total: figuresOf({ cost_usd: null }) }))).toBe('$412 this month.');
    const first = { ...costsOf().month, forecast_days: 1 };
    expect(costSentence(answerOf({ month: first }), NOON).method).toContain('the last whole day for each');
  });

  it.each([
    [112, 100, '12% more than'],
    [96.5, 100, '3.5% less than'],
    [100.1, 100, 'the same as'],
    [420, 100, '4.20 times as much as'],
    [1, 0, null],
    [1, null, null],
    [null, 1, null],
  ])('compares %s with %s', (now, before, words) => {
    expect(comparison(now, before)).toBe(words);
  });
});

describe('the chart', () => {
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key, rank) => seriesOf(key, [10 - rank, 1]));

  function panelOf(history: GroupedFrame, compared = false, isolated: string | null = null) {
    const { frame, spec } = prepareCostChart(history, { groupBy: 'agent', compared, isolated });
    return preparePanel(spec, frame, {
      window: { startMs: 0, endMs: 2 * DAY, live: true },
      nowMs: 1.5 * DAY,
      intervalMs: 0,
      thresholds: undefined,
      silences: [],
    });
  }

  it('stacks the dearest five and all others as one, up to the sum of all', () => {
    const panel = panelOf(historyOf([...many, seriesOf('', [2, null], { other: true })]));
    expect(panel.marks.map((mark) => mark.spec.hue)).toEqual([
      'blue',
      'cyan',
      'violet',
      'magenta',
      'rose',
      'slate',
    ]);
    expect([...(panel.marks[1]?.low ?? [])]).toEqual([10, 1]);
    expect([...(panel.marks[5]?.values ?? [])]).toEqual([10 + 9 + 8 + 7 + 6 + 5 + 4 + 2, 7]);
    expect(panel.openFromMs).toBe(DAY);
    const legend = prepareReadouts(panel, null).filter((readout) => readout.legend);
    expect(legend.map(({ label, value }) => [label, value])).toEqual([
      ['a', 11],
      ['b', 10],
      ['c', 9],
      ['d', 8],
      ['e', 7],
      ['All others', 13],
    ]);
  });

  it('names the sixth where it is the only other one', () => {
    const panel = panelOf(
      historyOf([...many.slice(0, 5), seriesOf('', [3, 0]), seriesOf('idle', [0, null])]),
    );
    const labels = prepareReadouts(panel, null).map((readout) => readout.label);
    expect(labels).toEqual(['in range', 'a', 'b', 'c', 'd', 'e', 'no agent']);
  });

  it('draws the time before where it is compared, and never calls it measured by itself', () => {
    const history = historyOf([seriesOf('a', [4, 2])]);
    expect(panelOf(history).marks).toHaveLength(1);
    const panel = panelOf(history, true);
    expect(panel.marks[1]).toMatchObject({ spec: { type: 'ghost' } });
    expect([...(panel.marks[1]?.values ?? [])]).toEqual([2, 1]);
    expect(prepareReadouts(panel, 0).map(({ label, value }) => [label, value])).toEqual([
      ['in 1 d', 4],
      ['the time before', 2],
      ['a', 4],
    ]);
    const first = panelOf(historyOf([seriesOf('a', [4], { previous: Float64Array.of(Number.NaN) })]), true);
    expect(prepareReadouts(first, null)[1]).toMatchObject({ label: 'the time before', value: null });
    const past = seriesOf('a', [null, null], { previous: Float64Array.of(1, 1) });
    expect(panelOf(historyOf([past]), true).measured).toBe(false);
  });

  it('draws one alone from the base up, with its own sum and time before; its legend keeps all', () => {
    const history = historyOf([seriesOf('a', [4, 2]), seriesOf('b', [2, 8])]);
    const panel = panelOf(history, true, 'b');
    expect(panel.marks.map((mark) => [mark.spec.hue, ...mark.values])).toEqual([
      ['cyan', 2, 8],
      ['slate', 1, 4],
    ]);
    const readouts = prepareReadouts(panel, null).map(({ label, value }) => [label, value]);
    expect(readouts).toEqual([
      ['in range', 10],
      ['the time before', 5],
      ['a', 6],
      ['b', 10],
    ]);
    expect(panelOf(history, false, 'gone').marks).toHaveLength(2);
  });

  it('is titled by its bars', () => {
    const history = historyOf([seriesOf('a', [1])]);
    const options = { groupBy: 'agent' as const, compared: false, isolated: null };
    expect(prepareCostChart(history, options).spec.info.title).toBe('Cost per day (UTC)');
    const hourly = prepareCostChart({ ...history, stepMs: 3_600_000 }, options);
    expect(hourly.spec.info.title).toBe('Cost per 1 h');
  });
});

describe('the table', () => {
  const answer = answerOf(
    {
      total: figuresOf({ cost_usd: 40, requests: 300 }),
      groups: [
        agentGroup('a', { cost_usd: 30, cache_saved_usd: 1.5 }),
        agentGroup('b', { cost_usd: 10, cost_per_request_usd: 0.5, input_tokens: 0, cache_read_tokens: 0 }),
        agentGroup('c', { cost_usd: null, cost_per_request_usd: null, unpriced_requests: 100 }),
      ],
    },
    [seriesOf('id-a', [20, 10]), seriesOf('id-b', [10, null])],
  );
  const rows = prepareCostRows(answer);

  it('has share, cost of a request, tokens, what came from a cache and saved, and the trend', () => {
    expect(rows[0]).toMatchObject({ name: 'a', cost: 30, share: 75, tokens: 5000, cached: 25, saved: 1.5 });
    expect([...(rows[0]?.history ?? [])]).toEqual([20, 10]);
    expect(rows[1]).toMatchObject({ each: 0.5, cached: null, saved: null });
    expect(rows[2]).toMatchObject({ cost: null, share: null, unpriced: 100, history: null });
    expect(prepareCostTotal(answer)).toMatchObject({ name: 'All 3 agents', cost: 40, share: 100 });
    expect([...(prepareCostTotal(answer).history ?? [])]).toEqual([30, 10]);
  });

  it('ranks by any column, what is not known last', () => {
    const order = (sort: string): string[] =>
      sortCostRows(rows, readCostSort(new URLSearchParams(`sort=${sort}`))).map((row) => row.name);
    expect(order('')).toEqual(['a', 'b', 'c']);
    expect(order('-each')).toEqual(['b', 'a', 'c']);
    expect(order('each')).toEqual(['a', 'b', 'c']);
    expect(order('-name')).toEqual(['c', 'b', 'a']);
  });

  it('tells models of one name apart by their provider, and gives neither the other’s trend', () => {
    const models = answerOf(
      {
        groups: [
          groupOf({ provider: 'acme', model: 'm' }),
          groupOf({ provider: 'bolt', model: 'm' }),
          groupOf({ provider: '', model: '' }),
        ],
      },
      [seriesOf('m', [1]), seriesOf('', [2])],
      'model',
    );
    const [first, second, nameless] = prepareCostRows(models);
    expect([first?.detail, second?.detail]).toEqual(['acme', 'bolt']);
    expect(first?.key).not.toBe(second?.key);
    expect([first?.history, second?.history]).toEqual([null, null]);
    expect(nameless).toMatchObject({ name: 'no model named', detail: null });
    expect([...(nameless?.history ?? [])]).toEqual([2]);
  });

  it('is saved without rounding, and runs no formula', () => {
    const groups = [
      agentGroup('=x,"y"', { cost_usd: 0.123456789, cost_per_request_usd: null, cache_saved_usd: -0.000001 }),
    ];
    const csv = costCsv(prepareCostRows(answerOf({ total: figuresOf({ cost_usd: null }), groups })), 'agent');
    expect(csv.split('\r\n')).toEqual([
      'agent,cost_usd,share_percent,requests,unpriced_requests,cost_per_request_usd,tokens,input_from_cache_percent,cache_saved_usd',
      `"'=x,""y""",0.123456789,,100,0,,5000,25,-0.000001`,
      '',
    ]);
    expect(costCsv([], 'model')).toMatch(/^model,provider,/);
  });
});

describe('usage without a price', () => {
  const usage = (model: string, provider = '') => ({
    provider,
    model,
    requests: 1,
    input_tokens: 1,
    output_tokens: 1,
  });

  it('says why', () => {
    expect(whyUnpriced(usage('m'))).toMatch(/No price list knows/);
    expect(whyUnpriced(usage(''))).toMatch(/name no model/);
  });

  it('says what to type, in words that a shell leaves alone', () => {
    expect(priceCommands([usage('llama 3', 'vllm'), usage('')], '2026-02-08T00:00:00.000Z')).toBe(
      [
        "sentinel prices set --model 'llama 3' --provider vllm --input USD --output USD",
        'sentinel reprice --from 2026-02-08T00:00:00.000Z',
      ].join('\n'),
    );
    expect(priceCommands([usage('')], 'x')).toBeNull();
    expect(shellWord("it's; rm")).toBe(`'it'\\''s; rm'`);
  });
});
