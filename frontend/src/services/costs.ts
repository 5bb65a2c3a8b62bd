import type { Frame } from '../utils/frame';
import { request } from './http';
import { getFrame, getGroups, type GroupedFrame } from './metrics';
import type { Costs } from './types';

export type CostGrouping = 'agent' | 'model' | 'provider';

export interface CostQuestion {
  /** Names or ids; none means all agents. */
  agents: readonly string[];
  start: string;
  end: string;
  groupBy: CostGrouping;
  stepMs: number;
}

export interface CostAnswer {
  /** What was asked: while another question is under way, this is still what is shown. */
  question: CostQuestion;
  costs: Costs;
  /** Cost by group over time, and in the time before. */
  history: GroupedFrame;
}

/** What was spent by group, and when: of one range and the same agents. */
export async function getCosts(question: CostQuestion, signal: AbortSignal): Promise<CostAnswer> {
  const { agents, start, end, groupBy } = question;
  const [costs, history] = await Promise.all([
    request<Costs>('/api/v1/costs', { query: { agent: agents, start, end, group_by: groupBy }, signal }),
    getGroups({ ...question, metrics: ['cost_usd:sum'], previous: true }, signal),
  ]);
  return { question, costs, history };
}

/** This month of every agent; the range is the shortest, since only what the month cost is read. */
export async function getMonth(signal: AbortSignal): Promise<Costs['month']> {
  const query = { start: 'now-1m', end: 'now', group_by: 'provider' };
  return (await request<Costs>('/api/v1/costs', { query, signal })).month;
}

/** What every agent together did yesterday (UTC) until the time of day that it is now. */
export function getYesterday(signal: AbortSignal): Promise<Frame> {
  return getFrame(
    {
      agents: [],
      metrics: ['cost_usd:sum'],
      start: 'now-1d/d',
      end: 'now-1d',
      stepMs: 3_600_000,
      groupBy: 'none',
    },
    signal,
  );
}
