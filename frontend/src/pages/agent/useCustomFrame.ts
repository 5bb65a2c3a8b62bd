import { useMemo } from 'react';
import type { Agent } from '../../services/types';
import { serverNow } from '../../state/clock';
import { useCustomMetrics } from '../../state/useCustomMetrics';
import { useLiveFrame } from '../../state/useLiveFrame';
import { useViewParams } from '../../state/urlState';
import { mergeFrames, type Frame } from '../../utils/frame';
import { resolveRange, type RangeText } from '../../utils/range';

/** The contract takes no more metrics in one question. */
export const MOST_CUSTOM = 32;
/** So many are shown unasked, and of ranges up to this long: they are computed from the records. */
const FEW = 6;
const LONGEST_UNASKED_MS = 25 * 3_600_000;

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

/** Which of them have a chart: few of a short range, or as many as can be asked for once somebody wants them. */
export function shownCustom(names: readonly string[], spanMs: number, all: boolean): readonly string[] {
  if (all) return names.slice(0, MOST_CUSTOM);
  return spanMs <= LONGEST_UNASKED_MS ? names.slice(0, FEW) : NONE;
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
  const { startMs, endMs } = resolveRange(range, serverNow());
  const names = known.data ?? NONE;
  const spanMs = endMs - startMs;
  const shown = useMemo(() => shownCustom(names, spanMs, all), [names, spanMs, all]);
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
