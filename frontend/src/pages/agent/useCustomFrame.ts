import { useMemo } from 'react';
import type { Agent } from '../../services/types';
import { useCustomMetrics } from '../../state/useCustomMetrics';
import { useLiveFrame } from '../../state/useLiveFrame';
import { useViewParams } from '../../state/urlState';
import { mergeFrames, type Frame } from '../../utils/frame';
import type { RangeText } from '../../utils/range';

/** The contract takes no more metrics in one question. */
export const MOST_CUSTOM = 32;
/** So many are shown unasked. */
const FEW = 6;

export interface CustomMetrics {
  /** All that the range has. */
  names: readonly string[];
  /** Those with a chart. */
  shown: readonly string[];
  /** Why their names, or their values, cannot be read. */
  problem: string | null;
  /** The agent's frame with the values of those that are shown. */
  frame: Frame | undefined;
}

const NONE: readonly string[] = [];

/** Which of them have a chart: few, or as many as can be asked for once somebody wants them. */
export function shownCustom(names: readonly string[], all: boolean): readonly string[] {
  return names.slice(0, all ? MOST_CUSTOM : FEW);
}

interface CustomQuestion {
  agent: Agent;
  range: RangeText;
  stepMs: number;
  frame: Frame | undefined;
}

/** The custom metrics of an agent, on the axis of its other charts. They come by a question of their own: nothing waits for them. */
export function useCustomFrame({ agent, range, stepMs, frame }: CustomQuestion): CustomMetrics {
  const { params } = useViewParams();
  const all = params.get('custom') === 'all';
  const known = useCustomMetrics(agent.name, range);
  const names = known.data ?? NONE;
  const shown = useMemo(() => shownCustom(names, all), [names, all]);
  const values = useLiveFrame({
    agents: [agent.name],
    metrics: shown.map((name) => `custom.${name}:avg`),
    ...range,
    stepMs,
    groupBy: 'agent',
    watch: [agent.agent_id],
    enabled: shown.length > 0,
  });
  const merged = useMemo(
    () =>
      frame && values.data?.stepMs === frame.stepMs
        ? mergeFrames(frame, values.data, Number.NEGATIVE_INFINITY)
        : frame,
    [frame, values.data],
  );
  return { names, shown, problem: (known.error ?? values.error)?.message ?? null, frame: merged };
}
