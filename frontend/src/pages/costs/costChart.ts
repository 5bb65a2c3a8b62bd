import { COST } from '../../charts/prepare/metricCatalog';
import { IN_RANGE, type MarkSpec, type PanelSpec, type ReadoutSpec } from '../../charts/prepare/panelSpecs';
import type { Hue } from '../../design/hues';
import type { CostGrouping } from '../../services/costs';
import type { GroupedFrame, GroupSeries } from '../../services/metrics';
import { formatStep } from '../../utils/format';
import { sumColumns, type Frame } from '../../utils/frame';

export interface CostChart {
  frame: Frame;
  spec: PanelSpec;
}

/** The hues of the groups by rank; the last one is that of all others. */
const PART_HUES: readonly Hue[] = ['blue', 'cyan', 'violet', 'magenta', 'rose'];
const OTHERS_HUE: Hue = 'slate';
const PLOT_PX = 200;
const DAY_MS = 86_400_000;

const NAMELESS: Record<CostGrouping, string> = {
  agent: 'no agent',
  model: 'no model named',
  provider: 'no provider named',
};

export function groupName(name: string, groupBy: CostGrouping): string {
  return name === '' ? NAMELESS[groupBy] : name;
}

interface Part {
  metric: string;
  label: string;
  hue: Hue;
  values: Float64Array;
  previous: Float64Array;
}

function spentAnything(series: GroupSeries): boolean {
  return series.values.some((value) => value > 0);
}

function partsOf(history: GroupedFrame, groupBy: CostGrouping): Part[] {
  const paid = history.series.filter(spentAnything);
  const own = paid.filter((series) => !series.other).slice(0, PART_HUES.length);
  const rest = paid.filter((series) => !own.includes(series));
  const parts = own.map((series, rank) => ({
    metric: `part ${rank}`,
    label: groupName(series.name, groupBy),
    hue: PART_HUES[rank] ?? OTHERS_HUE,
    values: series.values,
    previous: series.previous,
  }));
  const [single] = rest;
  if (!single) return parts;
  const label = rest.length === 1 && !single.other ? groupName(single.name, groupBy) : 'All others';
  const sum = (pick: (series: GroupSeries) => Float64Array): Float64Array =>
    sumColumns(rest.map(pick), history.times.length);
  const others = {
    metric: 'others',
    label,
    hue: OTHERS_HUE,
    values: sum((series) => series.values),
    previous: sum((series) => series.previous),
  };
  return [...parts, others];
}

function titleOf(stepMs: number): string {
  return stepMs === DAY_MS ? 'Cost per day (UTC)' : `Cost per ${formatStep(stepMs)}`;
}

function marksOf(parts: readonly Part[], compared: boolean): MarkSpec[] {
  const bars: MarkSpec[] = parts.map((part, index) => ({
    type: 'bars',
    metric: part.metric,
    hue: part.hue,
    on: parts.slice(0, index).map((below) => below.metric),
  }));
  return compared ? [...bars, { type: 'ghost', metric: 'previous', hue: OTHERS_HUE, stepped: true }] : bars;
}

function readoutsOf(parts: readonly Part[], compared: boolean): ReadoutSpec[] {
  const total: ReadoutSpec = { metric: 'total', label: IN_RANGE, hue: COST.hue, swatch: 'none', rest: 'sum' };
  const ghost: ReadoutSpec = {
    metric: 'previous',
    label: 'the time before',
    hue: OTHERS_HUE,
    swatch: 'ghost',
    rest: 'sum',
  };
  const legend = parts.map((part): ReadoutSpec => {
    const { metric, label, hue } = part;
    return { metric, label, hue, swatch: 'bar', rest: 'sum', legend: true };
  });
  return [total, ...(compared ? [ghost] : []), ...legend];
}

/** The columns of the title and of the time before: of all groups, or of the one that is shown alone. */
function wholeOf(history: GroupedFrame, alone: Part | undefined): [string, Float64Array][] {
  const whole = (pick: (series: GroupSeries) => Float64Array): Float64Array =>
    sumColumns(history.series.map(pick), history.times.length);
  return [
    ['total', alone?.values ?? whole((series) => series.values)],
    ['previous', alone?.previous ?? whole((series) => series.previous)],
  ];
}

export interface CostChartOptions {
  groupBy: CostGrouping;
  compared: boolean;
  /** The name of the one that is drawn alone. */
  isolated: string | null;
}

/** The dearest groups stacked over time, all others as one, and the time before as a dashed line where it is compared. */
export function prepareCostChart(history: GroupedFrame, options: CostChartOptions): CostChart {
  const { groupBy, compared, isolated } = options;
  const parts = partsOf(history, groupBy);
  const alone = parts.find((part) => part.label === isolated);
  const columns: [string, Float64Array][] = [
    ...parts.map((part): [string, Float64Array] => [part.metric, part.values]),
    ...wholeOf(history, alone),
  ];
  return {
    frame: {
      stepMs: history.stepMs,
      times: history.times,
      series: columns.map(([metric, values]) => ({
        agentId: null,
        agent: null,
        metric,
        unit: 'USD',
        values,
      })),
    },
    spec: {
      info: { ...COST, title: titleOf(history.stepMs) },
      marks: marksOf(alone ? [alone] : parts, compared),
      readouts: readoutsOf(parts, compared),
      heightPx: PLOT_PX,
      compares: 'total',
    },
  };
}
