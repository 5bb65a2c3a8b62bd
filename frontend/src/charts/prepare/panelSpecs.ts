import type { Hue } from '../../design/hues';
import { COST, CPU, GPU, GPU_MEMORY, LATENCY, MEMORY, THROUGHPUT, type MetricInfo } from './metricCatalog';

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
}

export interface PanelSpec {
  info: MetricInfo;
  marks: MarkSpec[];
  readouts: ReadoutSpec[];
  /** Where the plot is higher than that of a small multiple. */
  heightPx?: number;
}

function linePanel(info: MetricInfo, aggregate: string): PanelSpec {
  const metric = `${info.name}:${aggregate}`;
  return {
    info,
    marks: [{ type: 'line', metric, hue: info.hue, weight: 'strong' }],
    readouts: [{ metric, label: '', hue: info.hue, swatch: 'line', rest: 'newest' }],
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
};

const costMetric = `${COST.name}:sum`;

const costPanel: PanelSpec = {
  info: COST,
  marks: [{ type: 'bars', metric: costMetric, hue: COST.hue }],
  readouts: [{ metric: costMetric, label: IN_RANGE, hue: COST.hue, swatch: 'bar', rest: 'sum' }],
};

const memoryMetric = `${MEMORY.name}:max`;
const gpuMemoryMetric = `${GPU_MEMORY.name}:max`;

const memoryPanel: PanelSpec = {
  info: MEMORY,
  marks: [
    { type: 'line', metric: gpuMemoryMetric, hue: GPU_MEMORY.hue, weight: 'strong' },
    { type: 'line', metric: memoryMetric, hue: MEMORY.hue, weight: 'strong' },
  ],
  readouts: [
    { metric: memoryMetric, label: 'RAM', hue: MEMORY.hue, swatch: 'line', rest: 'newest' },
    { metric: gpuMemoryMetric, label: 'GPU', hue: GPU_MEMORY.hue, swatch: 'line', rest: 'newest' },
  ],
};

/** The agent page, from top to bottom. */
export const AGENT_PANELS: readonly PanelSpec[] = [
  latencyPanel,
  linePanel(THROUGHPUT, 'avg'),
  costPanel,
  linePanel(CPU, 'avg'),
  linePanel(GPU, 'avg'),
  memoryPanel,
];

function markMetrics(mark: MarkSpec): string[] {
  return mark.type === 'band' ? [mark.low, mark.high] : [mark.metric];
}

/** Every column that some panels need, each once. */
export function panelMetrics(panels: readonly PanelSpec[]): string[] {
  return [
    ...new Set(
      panels.flatMap((panel) => [
        ...panel.readouts.map((readout) => readout.metric),
        ...panel.marks.flatMap(markMetrics),
      ]),
    ),
  ];
}
