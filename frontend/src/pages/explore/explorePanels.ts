import { PLOT_HEIGHT_PX } from '../../charts/geometry';
import type { MetricInfo } from '../../charts/prepare/metricCatalog';
import { IN_RANGE, type MarkSpec, type PanelSpec, type ReadoutSpec } from '../../charts/prepare/panelSpecs';
import type { Hue } from '../../design/hues';
import type { ExploreAnswer } from '../../services/explore';
import type { Unit } from '../../utils/format';
import { sumColumns, type Frame } from '../../utils/frame';
import { isTotal, metricTitle, type Metric } from './exploreMetrics';
import { exploreGroups, seriesOf, type ExploreGroup } from './exploreSeries';

export interface ExplorePanel {
  spec: PanelSpec;
  frame: Frame;
}

/** Up to so many lines have their names at their ends; more have a legend. */
const MOST_ENDS = 4;
/** A few charts have room to be high; many are small multiples. */
const HEIGHTS: readonly { upTo: number; px: number }[] = [
  { upTo: 2, px: 192 },
  { upTo: 4, px: 136 },
];
const GHOST_HUE: Hue = 'slate';
const BEFORE = 'the time before';

interface Line {
  metric: string;
  ghost: string;
  name: string;
  hue: Hue;
  values: Float64Array;
  previous: Float64Array;
}

interface Look {
  compared: boolean;
  isolated: string | null;
}

function linesOf(
  { frame }: ExploreAnswer,
  metric: Metric,
  groups: readonly ExploreGroup[],
): { lines: Line[]; unit: Unit } {
  let unit = metric.info.unit;
  const lines = groups.flatMap((group): Line[] => {
    const series = seriesOf(frame, metric.text, group);
    if (!series) return [];
    ({ unit } = series);
    return [
      {
        metric: group.key,
        ghost: `before ${group.key}`,
        name: group.name,
        // A line alone is the metric itself, in the hue that it has everywhere.
        hue: groups.length === 1 ? metric.info.hue : group.hue,
        values: series.values,
        previous: series.previous,
      },
    ];
  });
  return { lines, unit };
}

/** Lines of values that do not add up, each with its own time before as long as that can be read. */
function lineParts(lines: readonly Line[], { compared, isolated }: Look) {
  const shown = lines.filter((line) => isolated === null || line.name === isolated);
  const alone = lines.length === 1;
  const ends = !alone && lines.length <= MOST_ENDS && isolated === null;
  const ghosts = compared && shown.length <= MOST_ENDS ? shown : [];
  const marks = [
    ...ghosts.map((line): MarkSpec => ({
      type: 'ghost',
      metric: line.ghost,
      hue: alone ? GHOST_HUE : line.hue,
      stepped: false,
    })),
    ...shown.map((line): MarkSpec => ({
      type: 'line',
      metric: line.metric,
      hue: line.hue,
      weight: 'strong',
    })),
  ];
  const readouts = lines.map(({ metric, name, hue }): ReadoutSpec => ({
    metric,
    label: alone ? '' : name,
    hue,
    swatch: 'line',
    rest: 'newest',
    ...(alone ? {} : ends ? { end: true } : { legend: true }),
  }));
  const [only] = ghosts.length === 1 ? ghosts : [];
  const before: ReadoutSpec[] = only
    ? [{ metric: only.ghost, label: BEFORE, hue: GHOST_HUE, swatch: 'ghost', rest: 'newest' }]
    : [];
  return { marks, readouts: [...readouts, ...before] };
}

/** Bars on each other, and the time before of all of them as one line. */
function barParts(lines: readonly Line[], { compared, isolated }: Look) {
  const shown = lines.filter((line) => isolated === null || line.name === isolated);
  const bars = shown.map((line, index): MarkSpec => ({
    type: 'bars',
    metric: line.metric,
    hue: line.hue,
    ...(lines.length === 1 ? {} : { on: shown.slice(0, index).map((below) => below.metric) }),
  }));
  const ghost: MarkSpec = { type: 'ghost', metric: 'before', hue: GHOST_HUE, stepped: true };
  const total: ReadoutSpec = {
    metric: 'total',
    label: IN_RANGE,
    hue: GHOST_HUE,
    swatch: 'none',
    rest: 'sum',
  };
  const legend = lines.map(({ metric, name, hue }): ReadoutSpec => ({
    metric,
    label: name,
    hue,
    swatch: 'bar',
    rest: 'sum',
    legend: true,
  }));
  return {
    marks: compared ? [...bars, ghost] : bars,
    readouts: [
      total,
      ...(compared
        ? [{ ...total, metric: 'before', label: BEFORE, swatch: 'ghost' } satisfies ReadoutSpec]
        : []),
      ...(lines.length === 1 ? [] : legend),
    ],
  };
}

function columnsOf(lines: readonly Line[], { isolated }: Look, length: number): [string, Float64Array][] {
  const shown = lines.filter((line) => isolated === null || line.name === isolated);
  const sum = (pick: (line: Line) => Float64Array): Float64Array => sumColumns(shown.map(pick), length);
  return [
    ...lines.map((line): [string, Float64Array] => [line.metric, line.values]),
    ...lines.map((line): [string, Float64Array] => [line.ghost, line.previous]),
    ['total', sum((line) => line.values)],
    ['before', sum((line) => line.previous)],
  ];
}

/** One chart a metric: lines, or stacked bars of what adds up. A name that no group has isolates nothing. */
export function prepareExplorePanels(
  answer: ExploreAnswer,
  metrics: readonly Metric[],
  look: Look,
): ExplorePanel[] {
  const { frame, question } = answer;
  const groups = exploreGroups(frame, question.groupBy);
  const isolated = groups.some((group) => group.name === look.isolated) ? look.isolated : null;
  const heightPx = HEIGHTS.find(({ upTo }) => metrics.length <= upTo)?.px ?? PLOT_HEIGHT_PX;
  return metrics.map((metric) => {
    const { lines, unit } = linesOf(answer, metric, groups);
    const shownLook = { ...look, isolated };
    const info: MetricInfo = {
      ...metric.info,
      name: metric.text,
      title: metricTitle(metric, frame.stepMs),
      unit,
    };
    const parts = isTotal(metric) ? barParts(lines, shownLook) : lineParts(lines, shownLook);
    const columns = columnsOf(lines, shownLook, frame.times.length);
    return {
      spec: { info, ...parts, compares: 'total', heightPx },
      frame: {
        stepMs: frame.stepMs,
        times: frame.times,
        series: columns.map(([name, values]) => ({
          agentId: null,
          agent: null,
          metric: name,
          unit,
          values,
        })),
      },
    };
  });
}
