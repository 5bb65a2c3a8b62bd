import type { CostGrouping, CostQuestion } from '../../services/costs';
import { resolveRange, type RangeText } from '../../utils/range';
import { chooseStep } from '../../utils/step';

export const GROUPINGS: readonly { value: CostGrouping; words: string }[] = [
  { value: 'agent', words: 'Agent' },
  { value: 'model', words: 'Model' },
  { value: 'provider', words: 'Provider' },
];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_BARS = 50;
/** Up to here a bar is a day: what people compare when they think of money. */
const LONGEST_BY_DAY_MS = 120 * DAY_MS;
const SHORTEST_BY_DAY_MS = 5 * DAY_MS;

export function costStep(spanMs: number): number {
  if (spanMs >= SHORTEST_BY_DAY_MS && spanMs <= LONGEST_BY_DAY_MS) return DAY_MS;
  return chooseStep(spanMs, MOST_BARS, 60_000);
}

export function readGrouping(params: URLSearchParams): CostGrouping {
  return GROUPINGS.find((grouping) => grouping.value === params.get('by'))?.value ?? 'agent';
}

/**
 * The range begins with a whole bar: then the bars, the table, the export and the time before are of the same records.
 * It is written as a time, so that it stays the same question until the next bar begins.
 */
export function costQuestion(
  range: RangeText,
  nowMs: number,
  agents: readonly string[],
  groupBy: CostGrouping,
): CostQuestion {
  const { startMs, endMs, live } = resolveRange(range, nowMs);
  const stepMs = costStep(endMs - startMs);
  const start = new Date(Math.floor(startMs / stepMs) * stepMs).toISOString();
  return { agents, start, end: live ? 'now' : new Date(endMs).toISOString(), groupBy, stepMs };
}
