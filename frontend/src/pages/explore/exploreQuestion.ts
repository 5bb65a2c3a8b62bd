import type { ExploreQuestion } from '../../services/explore';
import type { Agent } from '../../services/types';
import { resolveRange, type RangeText } from '../../utils/range';
import { chartStep } from '../../utils/step';
import { parseMetric, type Metric } from './exploreMetrics';

/** What stands in the address: `metric`, `agent`, `by`, `compare` and the range. */
export interface Exploration {
  metrics: Metric[];
  agents: string[];
  groupBy: string;
  compared: boolean;
}

const USUAL_METRICS = ['latency_ms:p95', 'cost_usd:sum'];
/** More than these nobody sees at once; and an answer has its limits. */
export const MOST_METRICS = 8;

export const NO_GROUPS = 'none';
export const USUAL_GROUPS = 'agent';
const LABEL = 'label:';

export interface Grouping {
  value: string;
  words: string;
}

/** By what lines can be told apart: always these, and every label that agents have. */
export const GROUPINGS: readonly Grouping[] = [
  { value: NO_GROUPS, words: 'All as one' },
  { value: 'agent', words: 'By agent' },
  { value: 'model', words: 'By model' },
  { value: 'provider', words: 'By provider' },
  { value: 'host', words: 'By host' },
];

export function labelGrouping(label: string): Grouping {
  return { value: `${LABEL}${label}`, words: `By ${label}` };
}

function readGroupBy(text: string | null): string {
  if (text === null) return USUAL_GROUPS;
  if (text.startsWith(LABEL) && text.length > LABEL.length) return text;
  return GROUPINGS.find(({ value }) => value === text)?.value ?? USUAL_GROUPS;
}

/** What a group is by, as a word: `team` of a label. */
export function groupWord(groupBy: string): string {
  return groupBy.startsWith(LABEL) ? groupBy.slice(LABEL.length) : groupBy;
}

export function readExploration(params: URLSearchParams): Exploration {
  const texts = [...new Set(params.getAll('metric'))];
  const asked = texts.map(parseMetric).filter((metric) => metric !== null);
  const usual = USUAL_METRICS.map(parseMetric).filter((metric) => metric !== null);
  return {
    metrics: (asked.length === 0 ? usual : asked).slice(0, MOST_METRICS),
    agents: params.getAll('agent'),
    groupBy: readGroupBy(params.get('by')),
    compared: params.get('compare') === 'previous',
  };
}

/** About five pixels a bucket on a wide screen: bars of several groups and the time before are told apart. */
const MOST_BUCKETS = 240;
/** Hues for so many groups; all others are one more. */
const MOST_GROUPS = 5;
/** An agent that samples once a day must not turn an hour of the others into two points. */
const LONGEST_INTERVAL_MS = 60_000;

/** How often what is looked at is measured: the rarest of the agents decides, up to a minute. */
export function intervalOf(agents: readonly Agent[], chosen: readonly string[]): number {
  const all = agents.filter((agent) => chosen.length === 0 || chosen.includes(agent.name));
  return Math.min(LONGEST_INTERVAL_MS, Math.max(1000, ...all.map((agent) => agent.interval_s * 1000)));
}

export function exploreQuestion(
  { metrics, agents, groupBy, compared }: Exploration,
  range: RangeText,
  nowMs: number,
  intervalMs: number,
): ExploreQuestion {
  const { startMs, endMs } = resolveRange(range, nowMs);
  return {
    agents,
    metrics: metrics.map((metric) => metric.text),
    ...range,
    stepMs: chartStep(endMs - startMs, MOST_BUCKETS, intervalMs),
    groupBy,
    previous: compared,
    top: groupBy === NO_GROUPS ? undefined : MOST_GROUPS,
    intervalMs,
  };
}

/** What is on screen in a few words: the title of the page, of its tab and of its picture. */
export function explorationTitle({ metrics, agents, groupBy }: Exploration): string {
  const names = [...new Set(metrics.map((metric) => metric.info.title))];
  const what = names.length > 3 ? `${names.length} metrics` : names.join(', ');
  const some = agents.length > 0;
  const by = groupBy === NO_GROUPS || (groupBy === 'agent' && some) ? '' : ` by ${groupWord(groupBy)}`;
  const whose = agents.length === 1 ? agents[0] : `${agents.length} agents`;
  return `${what}${some ? ` of ${whose}` : ''}${by}`;
}
