import { getGroups, type GroupedFrame, type GroupsRequest } from './metrics';

export interface ExploreQuestion extends GroupsRequest {
  /** How often what is asked for is measured: values further apart than that are not joined. */
  intervalMs: number;
}

export interface ExploreAnswer {
  /** What was asked: while another question is under way, this is still what is shown. */
  question: ExploreQuestion;
  frame: GroupedFrame;
}

export async function getExploration(question: ExploreQuestion, signal: AbortSignal): Promise<ExploreAnswer> {
  return { question, frame: await getGroups(question, signal) };
}
