import type { Agent, Costs, Status, Totals } from '../../services/types';
import { comparison } from '../../utils/comparison';
import { formatText } from '../../utils/format';
import { nameInText } from '../../utils/names';

export interface FleetSentence {
  /** The gravest state of the fleet, for the light before the sentence. */
  status: Status;
  lead: string;
  rest: string[];
}

const MOST_NAMES = 2;

function names(agents: readonly Agent[], status: Status): string {
  const found = agents.filter((agent) => agent.status === status).map((agent) => agent.name);
  const named = found.slice(0, MOST_NAMES).map(nameInText).join(', ');
  return found.length > MOST_NAMES ? `${named} and ${found.length - MOST_NAMES} more` : named;
}

function leadOf(agents: readonly Agent[], totals: Totals): { status: Status; lead: string } {
  if (totals.down > 0) {
    return { status: 'down', lead: `${totals.down} of ${totals.agents} down: ${names(agents, 'down')}.` };
  }
  if (totals.error > 0) {
    return {
      status: 'error',
      lead: `${totals.error} of ${totals.agents} in error: ${names(agents, 'error')}.`,
    };
  }
  if (totals.late > 0) {
    return { status: 'late', lead: `${totals.late} of ${totals.agents} late: ${names(agents, 'late')}.` };
  }
  if (totals.up === totals.agents) {
    return { status: 'up', lead: totals.agents === 1 ? 'The agent is up.' : `All ${totals.agents} up.` };
  }
  if (totals.up === 0) return { status: 'stopped', lead: `None of ${totals.agents} running.` };
  return { status: 'up', lead: `${totals.up} of ${totals.agents} up.` };
}

/** Further states that need a person, after the gravest. */
function alsoOf(totals: Totals, lead: Status): string | null {
  const others = [
    { status: 'error' as const, words: 'in error' },
    { status: 'late' as const, words: 'late' },
  ].filter(({ status }) => status !== lead && totals[status] > 0);
  if (lead === 'up' || others.length === 0) return null;
  return `${others.map(({ status, words }) => `${totals[status]} ${words}`).join(', ')}.`;
}

function costOf(totals: Totals, yesterday: number | null): string | null {
  if (totals.cost_today_usd === null) return null;
  const compared = comparison(totals.cost_today_usd, yesterday);
  const today = `${formatText(totals.cost_today_usd, 'USD')} today`;
  return compared === null ? `${today}.` : `${today}, ${compared} yesterday by now.`;
}

function failedOf(totals: Totals): string | null {
  if (totals.errors_today === 0) return null;
  const noun = totals.errors_today === 1 ? 'failed request' : 'failed requests';
  return `${formatText(totals.errors_today, 'count')} ${noun} today.`;
}

const MOST_PROBLEMS = 3;
const GRAVITY: readonly Status[] = ['down', 'error', 'late'];

/** The agents that need a person: the gravest first, of these the newest. */
export function fleetProblems(agents: readonly Agent[]): Agent[] {
  const sinceMs = (agent: Agent): number => (agent.since === null ? 0 : Date.parse(agent.since));
  return agents
    .filter((agent) => GRAVITY.includes(agent.status))
    .sort(
      (left, right) =>
        GRAVITY.indexOf(left.status) - GRAVITY.indexOf(right.status) || sinceMs(right) - sinceMs(left),
    )
    .slice(0, MOST_PROBLEMS);
}

/** The answer first: is it up, what does it cost, is it slow. */
export function fleetSentence(
  agents: readonly Agent[],
  totals: Totals,
  p95: number | null,
  yesterday: number | null = null,
): FleetSentence {
  const lead = leadOf(agents, totals);
  const rest = [
    alsoOf(totals, lead.status),
    costOf(totals, yesterday),
    p95 === null ? null : `p95 ${formatText(p95, 'ms')}.`,
    failedOf(totals),
  ].filter((part) => part !== null);
  return { ...lead, rest };
}

export interface Awaited {
  yesterday: boolean;
  p95: boolean;
}

/** As long as what the sentence still waits for: its room is kept, so that the page below does not jump. */
export function awaitedWords(totals: Totals, awaited: Awaited): string {
  const words = [
    ...(awaited.yesterday && totals.cost_today_usd !== null ? [', 10% more than yesterday by now.'] : []),
    ...(awaited.p95 ? ['p95 1.00 s.'] : []),
  ];
  return words.join(' ');
}

/** Totals that are no answer to "is it up", but are asked for every day. */
export function fleetFacts(totals: Totals, month: Costs['month'] | null): string[] {
  const facts: string[] = [];
  if (month) {
    const forecast =
      month.forecast_usd === null ? '' : `, about ${formatText(month.forecast_usd, 'USD')} by its end`;
    facts.push(`${formatText(month.cost_usd, 'USD')} this month${forecast}`);
  }
  if (totals.gpu_count > 0) {
    const gpus = `${totals.gpu_count} GPU${totals.gpu_count === 1 ? '' : 's'}`;
    const { gpu_usage_percent: usage, gpu_memory_usage_mb: memory } = totals;
    facts.push(
      (usage === null ? gpus : `${gpus} ${formatText(usage, '%')} busy`) +
        (memory === null ? '' : `, ${formatText(memory, 'MB')} of their memory in use`),
    );
  }
  return facts;
}
