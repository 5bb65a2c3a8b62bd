import type { CostAnswer } from '../../services/costs';
import { comparison } from '../../utils/comparison';
import { formatDuration, formatText } from '../../utils/format';
import { sumColumns, sumValues } from '../../utils/frame';
import { formatSpan, formatStart } from '../../utils/timeText';

export interface CostSentence {
  lead: string;
  rest: string[];
  /** How the numbers were found, for those who want to know. */
  method: string;
}

/** What all groups cost in the time before; null where nothing had a cost. */
export function previousTotal({ history }: CostAnswer): number | null {
  return sumValues(
    sumColumns(
      history.series.map((series) => series.previous),
      history.times.length,
    ),
  );
}

function whose(agents: readonly string[]): string {
  if (agents.length === 0) return '';
  return agents.length === 1 ? ` for ${agents[0]}` : ` for ${agents.length} agents`;
}

function leadOf({ question, costs }: CostAnswer): string {
  const { cost_usd, forecast_usd } = costs.month;
  const spent = `${formatText(cost_usd, 'USD')} this month${whose(question.agents)}`;
  return forecast_usd === null
    ? `${spent}.`
    : `${spent}, about ${formatText(forecast_usd, 'USD')} by its end.`;
}

function rangeText(answer: CostAnswer, nowMs: number): string | null {
  const { question, costs } = answer;
  if (costs.total.cost_usd === null) return null;
  const startMs = Date.parse(costs.start);
  const endMs = Date.parse(costs.end);
  const live = question.end === 'now';
  const when = live ? `since ${formatStart(startMs, nowMs)}` : `in ${formatSpan(startMs, endMs, nowMs)}`;
  const spent = `${formatText(costs.total.cost_usd, 'USD')} ${when}`;
  const compared = comparison(costs.total.cost_usd, previousTotal(answer));
  if (compared === null) return `${spent}.`;
  return `${spent}, ${compared} in the ${formatDuration(endMs - startMs)} before.`;
}

function unpricedText({ costs }: CostAnswer): string | null {
  const requests = costs.unpriced.reduce((sum, usage) => sum + usage.requests, 0);
  if (requests === 0) return null;
  return `${formatText(requests, 'count')} request${requests === 1 ? ' has' : 's have'} no price.`;
}

function savedText({ costs }: CostAnswer): string | null {
  const saved = costs.total.cache_saved_usd;
  return saved === null || saved <= 0 ? null : `Caches saved ${formatText(saved, 'USD')}.`;
}

function monthName(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
}

function monthBefore(day: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() - 1);
  return monthName(at.toISOString().slice(0, 10));
}

function methodOf({ costs }: CostAnswer): string {
  const { start, forecast_usd, forecast_days, previous_cost_usd } = costs.month;
  const before = `${monthBefore(start)} was ${formatText(previous_cost_usd, 'USD')}.`;
  if (forecast_usd === null) return `No forecast before the first whole day with a cost. ${before}`;
  const days =
    forecast_days === 1 ? 'the last whole day' : `the mean of the last ${forecast_days} whole days`;
  return `Forecast: what ${monthName(start)} cost so far, and ${days} for each day that is left (UTC). ${before}`;
}

/** The answer first: this month, where it goes, and how the range compares. */
export function costSentence(answer: CostAnswer, nowMs: number): CostSentence {
  const rest = [rangeText(answer, nowMs), savedText(answer), unpricedText(answer)].filter(
    (part) => part !== null,
  );
  return { lead: leadOf(answer), rest, method: methodOf(answer) };
}
