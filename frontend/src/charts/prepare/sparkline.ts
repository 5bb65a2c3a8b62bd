import { line } from 'd3-shape';

export interface SparklineSpec {
  width: number;
  height: number;
  kind: 'line' | 'bars';
  /** The top of the scale; null takes the data's own. */
  top: number | null;
}

export interface PreparedSparkline {
  path: string;
  /** The newest value's place, drawn as a dot; null where nothing was measured. */
  end: { x: number; y: number } | null;
  points: number;
}

/** Values this many buckets apart are still joined: an agent may sample more rarely than a bucket. */
const JOINED_BUCKETS = 3;
const INSET = 2;

function maxOf(values: Float64Array): number {
  let top = 0;
  for (const value of values) if (value > top) top = value;
  return top;
}

interface Point {
  index: number;
  x: number;
  y: number;
}

function measuredPoints(values: Float64Array, spec: SparklineSpec): Point[] {
  const top = Math.max(spec.top ?? 0, maxOf(values)) || 1;
  const inner = { width: spec.width - 2 * INSET, height: spec.height - 2 * INSET };
  const steps = Math.max(1, values.length - 1);
  const points: Point[] = [];
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const x = INSET + (index / steps) * inner.width;
    points.push({ index, x, y: INSET + inner.height * (1 - value / top) });
  });
  return points;
}

function linePath(points: readonly Point[]): string {
  const shape = line<Point>(
    (point) => point.x,
    (point) => point.y,
  ).digits(1);
  const pieces: Point[][] = [];
  for (const point of points) {
    const piece = pieces[pieces.length - 1];
    const last = piece?.[piece.length - 1];
    if (piece && last && point.index - last.index <= JOINED_BUCKETS) piece.push(point);
    else pieces.push([point]);
  }
  return pieces.map((piece) => shape(piece) ?? '').join('');
}

/** Closed columns that touch: sixty bars in the space of a word are a silhouette, not a fence. */
function barsPath(points: readonly Point[], base: number, width: number): string {
  return points
    .map(({ x, y }) => {
      const top = Math.min(y, base - 0.5).toFixed(1);
      return `M${(x - width / 2).toFixed(1)},${base}V${top}h${width.toFixed(1)}V${base}Z`;
    })
    .join('');
}

/** A row's history as one path. Zero is the base, so that a flat line near the top is a high value. */
export function prepareSparkline(values: Float64Array, spec: SparklineSpec): PreparedSparkline {
  const points = measuredPoints(values, spec);
  const last = points[points.length - 1];
  const barWidth = (spec.width - 2 * INSET) / Math.max(1, values.length - 1);
  return {
    path: spec.kind === 'line' ? linePath(points) : barsPath(points, spec.height - INSET, barWidth),
    end: last && spec.kind === 'line' ? { x: last.x, y: last.y } : null,
    points: points.length,
  };
}
