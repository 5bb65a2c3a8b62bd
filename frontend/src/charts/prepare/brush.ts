/** A drag shorter than this is a click. */
const SMALLEST_DRAG_PX = 4;
/** A zoom that would show less than this many buckets' worth of time helps nobody. */
const SHORTEST_ZOOM_MS = 5000;

export interface ZoomSpan {
  startMs: number;
  endMs: number;
}

/** Too short a span grows around its middle. */
export function widenZoom({ startMs, endMs }: ZoomSpan): ZoomSpan {
  const missing = SHORTEST_ZOOM_MS - (endMs - startMs);
  return missing <= 0 ? { startMs, endMs } : { startMs: startMs - missing / 2, endMs: endMs + missing / 2 };
}

/** The span a drag selects, or null where it was a click. */
export function prepareZoom(fromX: number, toX: number, toMs: (x: number) => number): ZoomSpan | null {
  if (Math.abs(toX - fromX) < SMALLEST_DRAG_PX) return null;
  return widenZoom({ startMs: toMs(Math.min(fromX, toX)), endMs: toMs(Math.max(fromX, toX)) });
}
