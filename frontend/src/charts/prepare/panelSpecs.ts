import type { Hue } from '../../design/hues';
import {
  COST,
  CPU,
  ERRORS,
  GPU,
  GPU_MEMORY,
  LATENCY,
  MEMORY,
  THROUGHPUT,
  TOKENS,
  type MetricInfo,
} from './metricCatalog';
import { ALL_TOKENS, FRESH_TOKENS, TOKEN_SOURCES } from './tokens';

/** How a column becomes ink. A band has two columns, everything else one. */
export type MarkSpec =
  | { type: 'band'; low: string; high: string; hue: Hue }
  | { type: 'line'; metric: string; hue: Hue; weight: 'strong' | 'thin' }
  /** `on`: the columns that it stands on, where bars are stacked. */
  | { type: 'bars'; metric: string; hue: Hue; on?: readonly string[] }
  /** The time before, dashed; in steps where it lies behind bars. */
  | { type: 'ghost'; metric: string; hue: Hue; stepped: boolean };

export type Swatch = 'line' | 'band' | 'thin' | 'bar' | 'ghost' | 'none';

/** Says of a sum what it is over; under the crosshair that is the bucket. */
export const IN_RANGE = 'in range';

/** A number in the panel's title: the newest value (or the sum of the range), under the crosshair that bucket's. */
export interface ReadoutSpec {
  metric: string;
  label: string;
  hue: Hue;
  swatch: Swatch;
  rest: 'newest' | 'sum';
  /** Stands in the legend below the title, where it has room for a name. */
  legend?: boolean;
  /** Stands at the end of its line. */
  end?: boolean;
}

export interface PanelSpec {
  info: MetricInfo;
  marks: MarkSpec[];
  readouts: ReadoutSpec[];
  /** Where the plot is higher than that of a small multiple. */
  heightPx?: number;
  /** What the server is asked for, where columns are made of others. */
  asks?: readonly string[];
  /** The column that is compared with the time before. */
  compares: string;
  /** Where all is 0, the title says so and needs no plot. */
  folds?: boolean;
}

const GHOST_HUE: Hue = 'slate';
const CUSTOM_HUE: Hue = 'cyan';

function linePanel(info: MetricInfo, aggregate: string): PanelSpec {
  const metric = `${info.name}:${aggregate}`;
  return {
    info,
    marks: [{ type: 'line', metric, hue: info.hue, weight: 'strong' }],
    readouts: [{ metric, label: '', hue: info.hue, swatch: 'line', rest: 'newest' }],
    compares: metric,
  };
}

function barPanel(info: MetricInfo): PanelSpec {
  const metric = `${info.name}:sum`;
  return {
    info,
    marks: [{ type: 'bars', metric, hue: info.hue }],
    readouts: [{ metric, label: IN_RANGE, hue: info.hue, swatch: 'bar', rest: 'sum' }],
    compares: metric,
  };
}

const latency = (aggregate: string): string => `${LATENCY.name}:${aggregate}`;

const latencyPanel: PanelSpec = {
  info: LATENCY,
  marks: [
    { type: 'band', low: latency('p50'), high: latency('p95'), hue: LATENCY.hue },
    { type: 'line', metric: latency('p99'), hue: LATENCY.hue, weight: 'thin' },
    { type: 'line', metric: latency('p50'), hue: LATENCY.hue, weight: 'strong' },
  ],
  readouts: [
    { metric: latency('p50'), label: 'p50', hue: LATENCY.hue, swatch: 'line', rest: 'newest' },
    { metric: latency('p95'), label: 'p95', hue: LATENCY.hue, swatch: 'band', rest: 'newest' },
    { metric: latency('p99'), label: 'p99', hue: LATENCY.hue, swatch: 'thin', rest: 'newest' },
    { metric: latency('avg'), label: 'avg', hue: LATENCY.hue, swatch: 'none', rest: 'newest' },
  ],
  compares: latency('p95'),
};

/** Kinds of tokens from the base up. They add up to all: what is read from or written to a cache is no fresh input. */
const TOKEN_PARTS: readonly { metric: string; label: string; hue: Hue }[] = [
  { metric: FRESH_TOKENS, label: 'input', hue: 'blue' },
  { metric: 'cache_read_tokens:sum', label: 'from cache', hue: 'cyan' },
  { metric: 'cache_write_tokens:sum', label: 'to cache', hue: 'slate' },
  { metric: 'output_tokens:sum', label: 'output', hue: 'violet' },
];

const tokensPanel: PanelSpec = {
  info: TOKENS,
  marks: TOKEN_PARTS.map(({ metric, hue }, index) => ({
    type: 'bars',
    metric,
    hue,
    on: TOKEN_PARTS.slice(0, index).map((below) => below.metric),
  })),
  readouts: [
    { metric: ALL_TOKENS, label: IN_RANGE, hue: TOKENS.hue, swatch: 'none', rest: 'sum' },
    ...TOKEN_PARTS.map((part): ReadoutSpec => ({ ...part, swatch: 'bar', rest: 'sum' })),
  ],
  asks: TOKEN_SOURCES,
  compares: ALL_TOKENS,
};

/** The agent page, from top to bottom. */
export const AGENT_PANELS: readonly PanelSpec[] = [
  latencyPanel,
  linePanel(THROUGHPUT, 'avg'),
  { ...barPanel(ERRORS), folds: true },
  barPanel(COST),
  tokensPanel,
  linePanel(CPU, 'avg'),
  linePanel(GPU, 'avg'),
  linePanel(MEMORY, 'max'),
  linePanel(GPU_MEMORY, 'max'),
];

/** One panel for each custom metric, by name. They have no unit, and no hue that they keep elsewhere. */
export function customPanels(names: readonly string[]): PanelSpec[] {
  return names.map((name) =>
    linePanel({ name: `custom.${name}`, title: name, unit: 'count', hue: CUSTOM_HUE }, 'avg'),
  );
}

function markMetrics(mark: MarkSpec): string[] {
  return mark.type === 'band' ? [mark.low, mark.high] : [mark.metric];
}

/** Every column that a panel draws or tells, each once. */
export function panelColumns(panel: PanelSpec): string[] {
  return [
    ...new Set([...panel.readouts.map((readout) => readout.metric), ...panel.marks.flatMap(markMetrics)]),
  ];
}

/** What the server has to be asked for some panels, each metric once. */
export function panelMetrics(panels: readonly PanelSpec[]): string[] {
  return [...new Set(panels.flatMap((panel) => panel.asks ?? panelColumns(panel)))];
}

export function previousColumn(metric: string): string {
  return `previous ${metric}`;
}

/** The same panel with the time before behind it, as a dashed line. */
export function comparedPanel(panel: PanelSpec): PanelSpec {
  const metric = previousColumn(panel.compares);
  const main = panel.readouts.find((readout) => readout.metric === panel.compares);
  const name = main?.label === IN_RANGE || main?.label === '' ? '' : (main?.label ?? '');
  const stepped = panel.marks.some((mark) => mark.type === 'bars');
  return {
    ...panel,
    marks: [...panel.marks, { type: 'ghost', metric, hue: GHOST_HUE, stepped }],
    readouts: [
      ...panel.readouts,
      {
        metric,
        label: `${name} before`.trim(),
        hue: GHOST_HUE,
        swatch: 'ghost',
        rest: main?.rest ?? 'newest',
      },
    ],
  };
}

/** Whether a readout stands for ink of its own, one of several: then it can be shown alone. */
export function canStandAlone(panel: PanelSpec, readout: ReadoutSpec): boolean {
  const drawn = ({ swatch }: ReadoutSpec): boolean => swatch !== 'none' && swatch !== 'ghost';
  return readout.legend === true || (drawn(readout) && panel.readouts.filter(drawn).length > 1);
}

/** The same panel with one of its names alone: bars stand on the ground then, and the axis is that one's. */
export function isolatedPanel(panel: PanelSpec, label: string | null): PanelSpec {
  const alone = panel.readouts.find((readout) => readout.label === label && canStandAlone(panel, readout));
  if (!alone) return panel;
  const marks = panel.marks
    .filter((mark) =>
      mark.type === 'ghost' ? panel.compares === alone.metric : markMetrics(mark).at(-1) === alone.metric,
    )
    .map((mark): MarkSpec => (mark.type === 'bars' ? { ...mark, on: [] } : mark));
  return { ...panel, marks };
}
