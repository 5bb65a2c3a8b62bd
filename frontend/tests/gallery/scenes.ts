// Every kind of chart that the dashboard has, each in the states in which it is hardest to draw.
import { preparePanel } from '../../src/charts/prepare/panel';
import { comparedPanel, customPanels, isolatedPanel } from '../../src/charts/prepare/panelSpecs';
import { shiftFrame, withPrevious } from '../../src/charts/prepare/previous';
import { prepareCostChart } from '../../src/pages/costs/costChart';
import { parseMetric } from '../../src/pages/explore/exploreMetrics';
import { prepareExplorePanels } from '../../src/pages/explore/explorePanels';
import type { ExploreQuestion } from '../../src/services/explore';
import type { GroupedFrame, GroupSeries } from '../../src/services/metrics';
import type { AgentEventType } from '../../src/services/types';
import type { Unit } from '../../src/utils/format';
import { eventOf, NOON } from '../support/samples';
import {
  agentScene,
  BUCKETS,
  flipAxes,
  hourFrame,
  MINUTE,
  only,
  preparePanels,
  sceneOf,
  specOf,
  wave,
  without,
  type Scene,
  type StackScene,
} from './scene';

const START = NOON - BUCKETS * MINUTE;
const DAY = 86_400_000;
/** As long as a name may be. */
const LONG_NAME = 'research-assistant-of-the-claims-department '.repeat(5).slice(0, 200);

const latency = (low: number, high: number) => ({
  'latency_ms:p50': wave(low, (low + high) / 2, 24),
  'latency_ms:p95': wave((low + high) / 2, high, 24),
  'latency_ms:p99': wave(high * 0.9, high * 1.4, 15),
  'latency_ms:avg': wave(low * 1.1, (low + high) / 2, 24),
});

function gaps(): StackScene {
  const cut = Object.entries(latency(120, 480)).map(([metric, values]) => [
    metric,
    without(without(values, 12, 22), 40, 42),
  ]);
  return agentScene('gaps', 'A silence is hatched, a short gap joined, the open bucket pale', {
    ...(Object.fromEntries(cut) as Record<string, (number | null)[]>),
    'cpu_usage_percent:avg': without(wave(10, 70, 30), 12, 22),
  });
}

function thresholds(): StackScene {
  return agentScene(
    'thresholds',
    'Near thresholds are lines over the data, far ones are told in the title',
    { ...latency(120, 480), 'cpu_usage_percent:avg': wave(20, 96, 20) },
    {
      thresholds: {
        cpu_usage_percent: { warn: 80, critical: 95 },
        latency_ms: { warn: 600, critical: 9000 },
      },
    },
  );
}

function marks(): StackScene {
  const kinds: AgentEventType[] = [
    'started',
    'deployed',
    'error',
    'annotation',
    'stopped',
    'down',
    'back',
    'restarted',
  ];
  const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString();
  const spread = kinds.map((type, index) => eventOf(type, at(3 + 7 * index)));
  // Three that touch are one mark with a count.
  const together = [31, 31.2, 31.4].map((minute) => eventOf('error', at(minute)));
  return agentScene(
    'marks',
    'What happened, in a lane and as hairlines through the charts; what touches is counted',
    { 'throughput_req_per_min:avg': wave(10, 55, 20) },
    { events: [...spread, ...together] },
  );
}

function crosshair(): StackScene {
  return agentScene(
    'crosshair',
    'The crosshair with the values of its moment, and a part that is looked into',
    { ...latency(120, 480), 'cost_usd:sum': wave(0.001, 0.02, 16) },
    {
      atMs: START + 20 * MINUTE,
      selection: { startMs: START + 30 * MINUTE, endMs: START + 42 * MINUTE },
    },
  );
}

function previous(): StackScene {
  const now = hourFrame({ ...latency(120, 480), 'cost_usd:sum': without(wave(0.001, 0.02, 16), 30, 34) });
  const before = hourFrame({
    'latency_ms:p95': wave(250, 620, 40),
    'cost_usd:sum': without(wave(0.002, 0.016, 20), 8, 12),
  });
  const specs = [specOf('latency_ms'), specOf('cost_usd')];
  const columns = specs.map((spec) => spec.compares);
  const frame = withPrevious(now, shiftFrame(before, 0), columns);
  return sceneOf(
    'previous',
    'The time before: dashed behind lines, in steps behind bars',
    preparePanels(specs.map(comparedPanel), frame),
  );
}

const TOKENS = {
  'input_tokens:sum': wave(4000, 9000, 20),
  'output_tokens:sum': wave(400, 1800, 12),
  'cache_read_tokens:sum': without(wave(1000, 3500, 30), 25, 35),
  'cache_write_tokens:sum': wave(100, 400, 10),
};

function stacked(): StackScene {
  const alone = preparePanels([isolatedPanel(specOf('tokens'), 'output')], hourFrame(TOKENS));
  const renamed = alone.map((panel) => ({
    ...panel,
    spec: { ...panel.spec, info: { ...panel.spec.info, name: 'output alone' } },
  }));
  const whole = preparePanels([specOf('tokens')], hourFrame(TOKENS));
  return sceneOf('stacked', 'Kinds of tokens on each other, and one of them alone', [...whole, ...renamed]);
}

function bars(): StackScene {
  return agentScene('bars', 'Bars with empty buckets and the smallest value; no errors need no plot', {
    'errors:sum': Array.from({ length: BUCKETS }, () => 0),
    'cost_usd:sum': without(wave(0.0004, 0.9, 60), 10, 16),
  });
}

function durations(): StackScene {
  const info = specOf('latency_ms').info;
  const panelOf = (name: string, title: string, columns: Record<string, number[]>) =>
    preparePanels([specOf('latency_ms')], hourFrame(columns)).map((panel) => ({
      ...panel,
      spec: { ...panel.spec, info: { ...info, name, title } },
    }));
  return sceneOf('durations', 'From microseconds to hours, each with an axis that is read at a glance', [
    ...panelOf('micro', 'Microseconds', latency(0.02, 0.35)),
    ...panelOf('second', 'Below a second', latency(220, 640)),
    ...panelOf('hour', 'Hours', latency(4_000_000, 17_000_000)),
  ]);
}

function magnitudes(): StackScene {
  const panelOf = (name: string, title: string, values: number[]) =>
    preparePanels([specOf('cost_usd')], hourFrame({ 'cost_usd:sum': values })).map((panel) => ({
      ...panel,
      spec: { ...panel.spec, info: { ...panel.spec.info, name, title } },
    }));
  const [rate] = preparePanels(
    [specOf('throughput_req_per_min')],
    hourFrame({ 'throughput_req_per_min:avg': wave(900, 5200, 20) }),
  );
  if (!rate) throw new Error('no panel');
  return sceneOf('magnitudes', 'From fractions of a cent to thousands, and requests a minute', [
    ...panelOf('fractions', 'Fractions', wave(0.000012, 0.00031, 20)),
    ...panelOf('cents', 'Cents', wave(0.01, 0.42, 20)),
    ...panelOf('thousands', 'Thousands', wave(240, 8100, 20)),
    rate,
  ]);
}

function belowZero(): StackScene {
  const [spec] = customPanels(['balance']);
  if (!spec) throw new Error('no panel');
  const values = wave(-40, 90, 30);
  return sceneOf(
    'below-zero',
    'A custom metric that falls below zero',
    preparePanels([spec], hourFrame({ 'custom.balance:avg': values })),
  );
}

function nulls(): StackScene {
  const nothing = Array.from({ length: BUCKETS }, () => null);
  const half = latency(120, 480);
  return agentScene('nulls', 'Zero is drawn, what nobody measured is not, and the title tells them apart', {
    ...half,
    'latency_ms:p99': nothing,
    'latency_ms:avg': without(half['latency_ms:avg'], 0, 30),
    'throughput_req_per_min:avg': nothing,
    'cpu_usage_percent:avg': Array.from({ length: BUCKETS }, (_, index) => (index % 20 < 10 ? 0 : null)),
    'gpu_usage_percent:avg': nothing,
  });
}

function onePoint(): StackScene {
  return agentScene('one-point', 'A value without a neighbour is a dot, a bar is a bar', {
    'latency_ms:p50': only(240, 30),
    'latency_ms:p95': only(240, 30),
    'latency_ms:p99': only(240, 30),
    'cost_usd:sum': only(0.02, 30),
    'memory_usage_mb:max': only(812, 59),
  });
}

function nothing(): StackScene {
  const specs = ['latency_ms', 'cost_usd', 'gpu_usage_percent'].map(specOf);
  return sceneOf('nothing', 'No record at all', preparePanels(specs, hourFrame({})), { events: [] });
}

interface Group {
  name: string;
  low: number;
  high: number;
  other?: boolean;
}

interface ExploreParts {
  compared?: boolean;
  metrics?: readonly string[];
}

/** Some groups, in an hour by two minutes. */
function exploreScene(
  name: string,
  about: string,
  groups: readonly Group[],
  { compared = false, metrics = ['latency_ms:p95', 'cost_usd:sum'] }: ExploreParts = {},
): StackScene {
  const series = metrics.flatMap((metric) =>
    groups.map((group, index): GroupSeries => {
      const scale = metric === 'cost_usd:sum' ? 0.0001 : 1;
      const values = wave(group.low * scale, group.high * scale, 7 + 2 * index, BUCKETS / 2);
      return {
        key: group.other ? '' : `${group.name} ${index}`,
        name: group.name,
        metric,
        unit: (metric === 'cost_usd:sum' ? 'USD' : 'ms') satisfies Unit,
        other: group.other ?? false,
        values: Float64Array.from(values),
        previous: Float64Array.from(values, (value) => value * 0.8),
      };
    }),
  );
  const stepMs = 2 * MINUTE;
  const times = Float64Array.from({ length: BUCKETS / 2 }, (_, index) => START + index * stepMs);
  const question: ExploreQuestion = {
    agents: [],
    metrics,
    start: 'now-1h',
    end: 'now',
    stepMs,
    groupBy: 'agent',
    previous: compared,
    intervalMs: 5000,
  };
  const charts = prepareExplorePanels(
    { question, frame: { stepMs, times, series } },
    metrics.map(parseMetric).filter((metric) => metric !== null),
    { compared, isolated: null },
  );
  const scene = sceneOf(name, about, []);
  const window = { ...scene.span, live: true };
  const panels = charts.map(({ spec, frame }) =>
    preparePanel(spec, frame, {
      window,
      nowMs: scene.nowMs,
      intervalMs: 5000,
      thresholds: undefined,
      silences: [],
    }),
  );
  return { ...scene, panels, stepMs };
}

const FIVE: Group[] = [
  { name: 'code-review', low: 300, high: 700 },
  { name: 'invoice-reader', low: 200, high: 420 },
  { name: 'research', low: 900, high: 1600 },
  { name: 'support-bot', low: 150, high: 380 },
  { name: 'translator', low: 80, high: 260 },
];

function topGroups(): StackScene {
  return exploreScene('top-with-others', 'The greatest five with a legend, and all others as one', [
    ...FIVE,
    { name: '', low: 500, high: 1100, other: true },
  ]);
}

function ends(): StackScene {
  // The last two end at nearly the same value.
  const groups = [...FIVE.slice(0, 3), { name: 'nightly-report', low: 310, high: 690 }];
  return exploreScene(
    'names-at-ends',
    'Few lines have their names at their ends, apart from each other',
    groups,
    {
      compared: true,
      metrics: ['latency_ms:p95'],
    },
  );
}

function longNames(): StackScene {
  const scene = exploreScene('long-names', 'Names of 200 characters, at ends and in legends', [
    { name: LONG_NAME, low: 300, high: 700 },
    { name: `${LONG_NAME.slice(0, 199)}B`, low: 900, high: 1600 },
  ]);
  const [custom] = customPanels([LONG_NAME]);
  if (!custom) throw new Error('no panel');
  const own = preparePanels([custom], hourFrame({ [`custom.${LONG_NAME}:avg`]: wave(10, 40, 20) }));
  return { ...scene, panels: [...scene.panels, ...own] };
}

function costs(): StackScene {
  const series = [...FIVE, { name: 'batch', low: 100, high: 200 }, { name: '', low: 60, high: 90 }].map(
    ({ name, low, high }, index): GroupSeries => {
      const values = Float64Array.from(wave(low / 20, high / 20, 5 + index, 30));
      return {
        key: name,
        name,
        metric: 'cost_usd:sum',
        unit: 'USD',
        other: false,
        values,
        previous: values.map((value) => value * 0.9),
      };
    },
  );
  const startMs = NOON - (NOON % DAY) - 29 * DAY;
  const times = Float64Array.from({ length: 30 }, (_, index) => startMs + index * DAY);
  const history: GroupedFrame = { stepMs: DAY, times, series };
  const span = { startMs, endMs: startMs + 30 * DAY };
  const options = { groupBy: 'model' as const, compared: true, isolated: null };
  const { spec, frame } = prepareCostChart(history, options);
  const panel = preparePanel(spec, frame, {
    window: { ...span, live: true },
    nowMs: NOON,
    intervalMs: 0,
    thresholds: undefined,
    silences: [],
  });
  return sceneOf('costs', 'A month by days, by model, with the month before', [panel], {
    span,
    nowMs: NOON,
    stepMs: DAY,
  });
}

function sparklines(): Scene {
  const column = (values: readonly (number | null)[]): Float64Array =>
    Float64Array.from(values, (value) => value ?? Number.NaN);
  return {
    name: 'sparklines',
    about: 'A history in the space of a word',
    sparklines: [
      { values: column(wave(100, 400, 20)), hue: 'blue', label: 'line' },
      { values: column(without(wave(100, 400, 20), 20, 30)), hue: 'blue', label: 'line with a gap' },
      { values: column(wave(20, 45, 20)), hue: 'magenta', label: 'percent', top: 100 },
      { values: column(without(wave(1, 9, 20), 30, 40)), hue: 'violet', label: 'bars', kind: 'bars' },
      { values: column(only(5, 30)), hue: 'cyan', label: 'one point' },
      { values: column(Array.from({ length: BUCKETS }, () => 0)), hue: 'slate', label: 'zeros' },
      { values: column(Array.from({ length: BUCKETS }, () => null)), hue: 'slate', label: 'not measured' },
      { values: null, hue: 'slate', label: 'not known yet' },
    ],
  };
}

export const SCENES: readonly Scene[] = [
  gaps(),
  thresholds(),
  marks(),
  crosshair(),
  previous(),
  stacked(),
  bars(),
  durations(),
  magnitudes(),
  belowZero(),
  nulls(),
  onePoint(),
  nothing(),
  topGroups(),
  ends(),
  longNames(),
  costs(),
  sparklines(),
];

/** Faults by name, which have to be found. */
export const FAULTS: Record<string, (scene: Scene) => Scene> = { 'flipped-axis': flipAxes };
