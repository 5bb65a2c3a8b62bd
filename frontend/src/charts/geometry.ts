import { scaleLinear } from 'd3-scale';

/** One gutter for every chart of a stack, so that one crosshair crosses all. */
export const GUTTER_PX = 56;
/** Where lines have their names at their ends. */
export const ENDS_PX = 176;
/** With the 24 px title line a panel is 120 px high. */
export const PLOT_HEIGHT_PX = 96;
/** Keeps the top grid line and its label inside the plot. */
export const PLOT_TOP_PX = 6;

export interface Span {
  startMs: number;
  endMs: number;
}

export interface TimeScale {
  toX: (ms: number) => number;
  toMs: (x: number) => number;
}

export function timeScale(span: Span, widthPx: number): TimeScale {
  const scale = scaleLinear().domain([span.startMs, span.endMs]).range([0, widthPx]);
  return { toX: (ms) => scale(ms), toMs: (x) => scale.invert(x) };
}

export function valueScale(
  top: number,
  heightPx: number = PLOT_HEIGHT_PX,
  bottom = 0,
): (value: number) => number {
  const scale = scaleLinear()
    .domain([bottom, top])
    .range([heightPx - 0.5, PLOT_TOP_PX])
    .clamp(true);
  return (value) => scale(value);
}
