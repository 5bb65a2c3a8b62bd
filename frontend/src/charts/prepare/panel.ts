import { bisectLeft, bisectRight, max, min } from 'd3-array';
import { findValues, sumColumns, type Frame } from '../../utils/frame';
import type { TimeWindow } from '../../utils/range';
import { PLOT_HEIGHT_PX } from '../geometry';
import { panelColumns, type MarkSpec, type PanelSpec } from './panelSpecs';
import { joinTolerance, type Silence } from './silences';
import { prepareThresholds, type ThresholdLine, type ThresholdPair } from './thresholds';
import { prepareValueAxis, type ValueAxis } from './valueAxis';

/** A mark with its columns found. `values` is what the crosshair points at. */
export interface PreparedMark {
  spec: MarkSpec;
  values: Float64Array;
  /** The lower edge of a band, and of bars that stand on others. */
  low: Float64Array | null;
}

/** Everything that drawing needs, decided. */
export interface PreparedPanel {
  spec: PanelSpec;
  /** False: no agent sent this metric in the range, and the panel says so instead of drawing an empty box. */
  measured: boolean;
  times: Float64Array;
  stepMs: number;
  axis: ValueAxis;
  marks: PreparedMark[];
  thresholds: ThresholdLine[];
  silences: Silence[];
  /** The bucket that is still filling begins here; null where the range is past. */
  openFromMs: number | null;
  toleranceMs: number;
  /** The moment that the title tells at rest; null takes the newest of a range that is past. */
  restMs: number | null;
  columns: Map<string, Float64Array>;
  heightPx: number;
  /** Nothing but zeros: the title tells it all. */
  folded: boolean;
}

export interface PanelContext {
  window: TimeWindow;
  nowMs: number;
  intervalMs: number;
  thresholds: ThresholdPair | undefined;
  silences: Silence[];
}

function hasValue(values: Float64Array): boolean {
  return values.some((value) => !Number.isNaN(value));
}

function prepareMark(spec: MarkSpec, columns: Map<string, Float64Array>): PreparedMark | null {
  const values = columns.get(spec.type === 'band' ? spec.high : spec.metric);
  if (!values || !hasValue(values)) return null;
  if (spec.type === 'band') {
    const low = columns.get(spec.low);
    return low ? { spec, values, low } : null;
  }
  if (spec.type === 'bars' && spec.on) return prepareStacked(spec, values, columns, spec.on);
  return { spec, values, low: null };
}

/** Bars that begin where those below them end; a column below that measured nothing takes no room. */
function prepareStacked(
  spec: MarkSpec,
  values: Float64Array,
  columns: Map<string, Float64Array>,
  on: readonly string[],
): PreparedMark {
  const below = on.map((metric) => columns.get(metric)).filter((column) => column !== undefined);
  const low = sumColumns(below, values.length).map((value) => (Number.isNaN(value) ? 0 : value));
  return { spec, values: values.map((value, index) => value + (low[index] ?? 0)), low };
}

/** The buckets that touch the window. A live one ends at the page's clock, which may lag behind the newest bucket. */
function cutFrame(frame: Frame, { startMs, endMs, live }: TimeWindow): Frame {
  const from = bisectRight(frame.times, startMs - frame.stepMs);
  const until = live ? frame.times.length : bisectLeft(frame.times, endMs);
  if (from === 0 && until === frame.times.length) return frame;
  return {
    ...frame,
    times: frame.times.subarray(from, until),
    series: frame.series.map((series) => ({ ...series, values: series.values.subarray(from, until) })),
  };
}

function findColumns(spec: PanelSpec, frame: Frame): Map<string, Float64Array> {
  const columns = new Map<string, Float64Array>();
  for (const metric of panelColumns(spec)) {
    const values = findValues(frame, metric);
    if (values) columns.set(metric, values);
  }
  return columns;
}

/** Decides one panel: its columns, axis, thresholds and what is still open. */
export function preparePanel(spec: PanelSpec, whole: Frame, context: PanelContext): PreparedPanel {
  const frame = cutFrame(whole, context.window);
  const columns = findColumns(spec, frame);
  const marks = spec.marks.map((mark) => prepareMark(mark, columns)).filter((mark) => mark !== null);
  const dataMax = max(marks, (mark) => max(mark.values.filter((value) => !Number.isNaN(value)))) ?? 0;
  const dataMin = min(marks, (mark) => min(mark.values.filter((value) => !Number.isNaN(value)))) ?? 0;
  const { unit } = spec.info;
  const thresholds = prepareThresholds(context.thresholds, dataMax, unit);
  const drawn = thresholds.filter((line) => line.inside).map((line) => line.value);
  const lastTime = frame.times[frame.times.length - 1];
  const open = lastTime !== undefined && lastTime + frame.stepMs > context.nowMs;
  return {
    spec,
    measured: marks.some((mark) => mark.spec.type !== 'ghost'),
    times: frame.times,
    stepMs: frame.stepMs,
    axis: prepareValueAxis(Math.max(dataMax, ...drawn), unit, dataMin),
    marks,
    thresholds,
    silences: context.silences,
    openFromMs: open ? lastTime : null,
    toleranceMs: joinTolerance(frame.stepMs, context.intervalMs),
    restMs: context.window.live ? context.nowMs : null,
    columns,
    heightPx: spec.heightPx ?? PLOT_HEIGHT_PX,
    folded: spec.folds === true && dataMax === 0 && dataMin === 0,
  };
}
