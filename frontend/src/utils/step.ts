const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Widths that divide the next larger unit, so that buckets line up with clocks. */
export const STEP_LADDER: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 7, 30].map((count) => count * DAY),
];

/** The smallest step that gives at most `buckets` over the span and is no finer than what is sampled. */
export function chooseStep(spanMs: number, buckets: number, finestMs = SECOND): number {
  const wanted = Math.max(spanMs / Math.max(1, buckets), finestMs);
  const step = STEP_LADDER.find((candidate) => candidate >= wanted);
  return step ?? Math.ceil(wanted / DAY) * DAY;
}

/** A range keeps at least this many buckets, however rarely its agent samples: values further apart are joined. */
const FEWEST_BUCKETS = 60;

/** The step for one agent's charts: no finer than it samples, but never so coarse that a short range is five points. */
export function chartStep(spanMs: number, buckets: number, intervalMs: number): number {
  return chooseStep(spanMs, buckets, Math.max(SECOND, Math.min(intervalMs, spanMs / FEWEST_BUCKETS)));
}

/** As the contract writes it: `10s`. */
export function stepText(stepMs: number): string {
  return `${Math.round(stepMs / SECOND)}s`;
}
