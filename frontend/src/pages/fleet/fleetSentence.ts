import type { Agent, Status, Totals } from '../../services/types';
import { formatText } from '../../utils/format';

export interface FleetSentence {
  /** The gravest state of the fleet, for the light before the sentence. */
  status: Status;
  lead: string;
  rest: string[];
}

const MOST_NAMES = 2;

function names(agents: readonly Agent[], status: Status): string {
  const found = agents.filter((agent) => agent.status === status).map((agent) => agent.name);
  const named = found.slice(0, MOST_NAMES).join(', ');
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

/** The answer first: is it up, what does it cost, is it slow. */
export function fleetSentence(agents: readonly Agent[], totals: Totals, p95: number | null): FleetSentence {
  const rest: string[] = [];
  if (totals.cost_today_usd !== null) rest.push(`${formatText(totals.cost_today_usd, 'USD')} today.`);
  if (p95 !== null) rest.push(`p95 ${formatText(p95, 'ms')}.`);
  if (totals.errors_today > 0) {
    rest.push(
      `${formatText(totals.errors_today, 'count')} failed request${totals.errors_today === 1 ? '' : 's'} today.`,
    );
  }
  return { ...leadOf(agents, totals), rest };
}
