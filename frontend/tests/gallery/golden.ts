// What was decided for a scene, as text that a person reads in a diff: all that drawing gets, and where it lands.
import { ENDS_PX, GUTTER_PX, timeScale, valueScale } from '../../src/charts/geometry';
import { prepareEnds } from '../../src/charts/prepare/ends';
import { prepareEventMarks } from '../../src/charts/prepare/eventMarks';
import type { PreparedMark, PreparedPanel } from '../../src/charts/prepare/panel';
import { describePanel, prepareReadouts } from '../../src/charts/prepare/readouts';
import { prepareSparkline } from '../../src/charts/prepare/sparkline';
import { prepareTimeAxis } from '../../src/charts/prepare/timeAxis';
import type { SparklineProps } from '../../src/charts/draw/Sparkline';
import { PAGE_PX, type Scene, type StackScene } from './scene';

function numberText(value: number): string {
  return Number.isNaN(value) ? '-' : String(Number(value.toPrecision(6)));
}

/** A column in one line; a dash is "not measured". */
function columnText(values: Float64Array, toNumber = (value: number): number => value): string {
  return [...values].map((value) => numberText(Number.isNaN(value) ? value : toNumber(value))).join(' ');
}

const toTenth = (px: number): number => Math.round(px * 10) / 10;

function goldenMark({ spec, values, low }: PreparedMark, toY: (value: number) => number) {
  const toPlace = (value: number): number => toTenth(toY(value));
  return {
    ...spec,
    values: columnText(values),
    places: columnText(values, toPlace),
    ...(low ? { low: columnText(low), lowPlaces: columnText(low, toPlace) } : {}),
  };
}

function goldenPanel(panel: PreparedPanel, atMs: number | null) {
  const toY = valueScale(panel.axis.max, panel.heightPx, panel.axis.min);
  const ends = [...prepareEnds(panel, toY)].map(([metric, y]) => `${metric} at ${toTenth(y)}`);
  return {
    says: describePanel(panel, atMs),
    name: panel.spec.info.name,
    measured: panel.measured,
    folded: panel.folded,
    heightPx: panel.heightPx,
    buckets: panel.times.length,
    firstMs: panel.times[0] ?? null,
    stepMs: panel.stepMs,
    openFromMs: panel.openFromMs,
    toleranceMs: panel.toleranceMs,
    axis: `${panel.axis.min} to ${panel.axis.max}`,
    ticks: panel.axis.ticks.map((tick) => `${tick.label} at ${toTenth(toY(tick.value))}`),
    thresholds: panel.thresholds.map(
      (line) => `${line.label}, ${line.inside ? `at ${toTenth(toY(line.value))}` : 'far'}`,
    ),
    silences: panel.silences.map(({ startMs, endMs }) => `${startMs} to ${endMs}`),
    readouts: panel.measured
      ? prepareReadouts(panel, atMs).map(({ label, hue, swatch, quantity, legend, end, canStandAlone }) =>
          [
            `${label}: ${quantity.prefix}${quantity.text} ${quantity.unit}`.trim(),
            `${swatch} in ${hue}`,
            ...(legend ? ['in the legend'] : []),
            ...(end ? ['at its end'] : []),
            ...(canStandAlone ? ['can stand alone'] : []),
          ].join(', '),
        )
      : [],
    ends,
    marks: panel.marks.map((mark) => goldenMark(mark, toY)),
  };
}

function goldenStack(scene: StackScene) {
  const { panels, span, events, atMs, about } = scene;
  const ends = panels.some((panel) => panel.spec.readouts.some((readout) => readout.end)) ? ENDS_PX : 0;
  const width = PAGE_PX - GUTTER_PX - ends;
  const { toX } = timeScale(span, width);
  return {
    about,
    span: `${span.startMs} to ${span.endMs}`,
    width,
    timeTicks: prepareTimeAxis(span.startMs, span.endMs, width).map(
      ({ ms, label, major }) => `${label}${major ? ', a day' : ''} at ${toTenth(toX(ms))}`,
    ),
    events: prepareEventMarks(events ?? [], toX, width).map(
      ({ x, look, events: shared }) =>
        `${look.word} (${look.shape}, ${look.tone}${look.rule ? ', with a line' : ''}) at ${toTenth(x)}, ${shared.length} in one`,
    ),
    panels: panels.map((panel) => goldenPanel(panel, atMs)),
  };
}

function goldenSparkline({
  values,
  hue,
  label,
  kind = 'line',
  top = null,
  width = 72,
  height = 20,
}: SparklineProps) {
  const prepared = values && prepareSparkline(values, { width, height, kind, top });
  return { label, hue, prepared };
}

/** The text of the file in golden/ that a scene has to be the same as. */
export function goldenText(scene: Scene): string {
  const golden =
    'sparklines' in scene
      ? { about: scene.about, sparklines: scene.sparklines.map(goldenSparkline) }
      : goldenStack(scene);
  return `${JSON.stringify(golden, null, 2)}\n`;
}
