import type { Palette } from '../../design/palette';
import type { PreparedMark, PreparedPanel } from '../prepare/panel';

/** The part of a canvas context that charts use; tests give a recording one. */
export type Ink = Pick<
  CanvasRenderingContext2D,
  | 'save'
  | 'restore'
  | 'beginPath'
  | 'closePath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'rect'
  | 'clip'
  | 'stroke'
  | 'fill'
  | 'fillRect'
  | 'clearRect'
  | 'setTransform'
  | 'setLineDash'
> & {
  strokeStyle: unknown;
  fillStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  lineJoin: CanvasLineJoin;
};

export interface Scales {
  x: (ms: number) => number;
  y: (value: number) => number;
}

const BAND_ALPHA = 0.2;
const THIN_ALPHA = 0.75;
/** The bucket that is still filling is pale: its value will change. */
const OPEN_ALPHA = 0.4;
const HATCH_SPACING_PX = 6;
const GHOST_ALPHA = 0.9;
const GHOST_DASH_PX = [3, 3];

type Visit = (index: number, previous: number | null) => void;

/** Visits measured buckets in order with the one before, which is null after a gap. */
function eachJoined(panel: PreparedPanel, values: Float64Array, visit: Visit): void {
  let previous: number | null = null;
  for (let index = 0; index < values.length; index += 1) {
    if (Number.isNaN(values[index] ?? Number.NaN)) continue;
    const distance = previous === null ? Infinity : (panel.times[index] ?? 0) - (panel.times[previous] ?? 0);
    visit(index, distance <= panel.toleranceMs ? previous : null);
    previous = index;
  }
}

function isOpen(panel: PreparedPanel, index: number): boolean {
  return panel.openFromMs !== null && (panel.times[index] ?? 0) >= panel.openFromMs;
}

function centre(panel: PreparedPanel, scales: Scales, index: number): number {
  return scales.x((panel.times[index] ?? 0) + panel.stepMs / 2);
}

function drawLine(ink: Ink, panel: PreparedPanel, mark: PreparedMark, scales: Scales): void {
  const thin = mark.spec.type === 'line' && mark.spec.weight === 'thin';
  const alpha = thin ? THIN_ALPHA : 1;
  ink.lineWidth = thin ? 1 : 1.5;
  ink.lineJoin = 'round';
  const at = (index: number): [number, number] => [
    centre(panel, scales, index),
    scales.y(mark.values[index] ?? 0),
  ];
  const alone: number[] = [];
  ink.globalAlpha = alpha;
  ink.beginPath();
  eachJoined(panel, mark.values, (index, previous) => {
    if (isOpen(panel, index)) return;
    if (previous === null) {
      alone.push(index);
      ink.moveTo(...at(index));
    } else {
      ink.lineTo(...at(index));
    }
  });
  ink.stroke();
  drawDots(ink, alone.filter((index) => isAlone(panel, mark.values, index)).map(at), thin ? 1 : 1.5);
  drawOpenEnd(ink, panel, mark, at, alpha);
}

/** A value with no neighbour to join would be invisible as a line. */
function isAlone(panel: PreparedPanel, values: Float64Array, index: number): boolean {
  const from = panel.times[index] ?? 0;
  for (let next = index + 1; next < values.length; next += 1) {
    if ((panel.times[next] ?? Infinity) - from > panel.toleranceMs) return true;
    if (!Number.isNaN(values[next] ?? Number.NaN)) return false;
  }
  return true;
}

function drawDots(ink: Ink, points: [number, number][], radius: number): void {
  for (const [x, y] of points) {
    ink.beginPath();
    ink.arc(x, y, radius, 0, 2 * Math.PI);
    ink.fill();
  }
}

function drawOpenEnd(
  ink: Ink,
  panel: PreparedPanel,
  mark: PreparedMark,
  at: (index: number) => [number, number],
  alpha: number,
): void {
  ink.globalAlpha = alpha * OPEN_ALPHA;
  eachJoined(panel, mark.values, (index, previous) => {
    if (!isOpen(panel, index)) return;
    if (previous === null) {
      // The first value of all, or the first after a gap: a bucket of a day would hide it until the day is over.
      drawDots(ink, [at(index)], ink.lineWidth);
      return;
    }
    ink.beginPath();
    ink.moveTo(...at(previous));
    ink.lineTo(...at(index));
    ink.stroke();
  });
}

function drawBand(ink: Ink, panel: PreparedPanel, mark: PreparedMark, scales: Scales): void {
  const { values, low } = mark;
  if (!low) return;
  eachJoined(panel, values, (index, previous) => {
    if (previous === null) return;
    ink.globalAlpha = BAND_ALPHA * (isOpen(panel, index) ? OPEN_ALPHA : 1);
    const left = centre(panel, scales, previous);
    const right = centre(panel, scales, index);
    ink.beginPath();
    ink.moveTo(left, scales.y(values[previous] ?? 0));
    ink.lineTo(right, scales.y(values[index] ?? 0));
    ink.lineTo(right, scales.y(low[index] ?? 0));
    ink.lineTo(left, scales.y(low[previous] ?? 0));
    ink.closePath();
    ink.fill();
  });
}

function drawBars(ink: Ink, panel: PreparedPanel, mark: PreparedMark, scales: Scales): void {
  const base = scales.y(0);
  mark.values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const start = panel.times[index] ?? 0;
    // Whole pixels: neighbouring bars meet without seams.
    const left = Math.round(scales.x(start));
    const room = Math.round(scales.x(start + panel.stepMs)) - left;
    const gap = room > 3 ? 1 : 0;
    const low = mark.low?.[index] ?? 0;
    if (value === low) return;
    const bottom = mark.low ? scales.y(low) : base;
    // Alone, the smallest value is seen; in a stack it would push those above it.
    const edge = value < 0 ? Math.max(scales.y(value), base + 1) : Math.min(scales.y(value), base - 1);
    const top = mark.low ? scales.y(value) : edge;
    ink.globalAlpha = isOpen(panel, index) ? OPEN_ALPHA : 0.85;
    ink.fillRect(left, top, Math.max(1, room - gap), bottom - top);
  });
}

/** The time before: dashed, so that it is never taken for the present. */
function drawGhost(ink: Ink, panel: PreparedPanel, mark: PreparedMark, scales: Scales): void {
  const stepped = mark.spec.type === 'ghost' && mark.spec.stepped;
  ink.lineWidth = 1;
  ink.globalAlpha = GHOST_ALPHA;
  ink.setLineDash(GHOST_DASH_PX);
  ink.beginPath();
  eachJoined(panel, mark.values, (index, previous) => {
    const start = panel.times[index] ?? 0;
    const y = scales.y(mark.values[index] ?? 0);
    const x = stepped ? scales.x(start) : centre(panel, scales, index);
    // Behind bars an empty bucket is a gap, however short: a slope would be no time's cost.
    if (previous === null || (stepped && previous !== index - 1)) ink.moveTo(x, y);
    else ink.lineTo(x, y);
    if (stepped) ink.lineTo(scales.x(start + panel.stepMs), y);
  });
  ink.stroke();
  ink.setLineDash([]);
}

function drawSilences(ink: Ink, panel: PreparedPanel, scales: Scales, height: number, colour: string): void {
  ink.strokeStyle = colour;
  ink.lineWidth = 1;
  for (const silence of panel.silences) {
    const left = scales.x(silence.startMs);
    const right = scales.x(silence.endMs);
    ink.save();
    ink.beginPath();
    ink.rect(left, 0, right - left, height);
    ink.clip();
    ink.beginPath();
    for (let x = left - height; x < right; x += HATCH_SPACING_PX) {
      ink.moveTo(x, height);
      ink.lineTo(x + height, 0);
    }
    ink.stroke();
    ink.restore();
  }
}

export interface DrawArea {
  width: number;
  height: number;
  scales: Scales;
  palette: Palette;
}

/** Draws a prepared panel. It decides nothing: what, where and in which hue came from prepare. */
export function drawPanel(ink: Ink, panel: PreparedPanel, area: DrawArea): void {
  const { width, height, scales, palette } = area;
  ink.clearRect(0, 0, width, height);
  ink.globalAlpha = 1;
  drawSilences(ink, panel, scales, height, palette.hatch);
  for (const mark of panel.marks) {
    ink.save();
    ink.strokeStyle = palette.hues[mark.spec.hue];
    ink.fillStyle = palette.hues[mark.spec.hue];
    if (mark.spec.type === 'band') drawBand(ink, panel, mark, scales);
    else if (mark.spec.type === 'bars') drawBars(ink, panel, mark, scales);
    else if (mark.spec.type === 'ghost') drawGhost(ink, panel, mark, scales);
    else drawLine(ink, panel, mark, scales);
    ink.restore();
  }
}
