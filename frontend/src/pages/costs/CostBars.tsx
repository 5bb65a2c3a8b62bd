import { useCallback, useMemo, type ReactNode } from 'react';
import { ChartStack } from '../../charts/ChartStack';
import type { ZoomSpan } from '../../charts/prepare/brush';
import { preparePanel } from '../../charts/prepare/panel';
import type { CostAnswer } from '../../services/costs';
import { useTheme } from '../../state/theme';
import { useRange } from '../../state/urlState';
import { absoluteRange, resolveRange, zoomOutRange, type TimeWindow } from '../../utils/range';
import { useOneLegend } from '../useOneLegend';
import { prepareCostChart } from './costChart';

export interface CostBarsProps {
  answer: CostAnswer;
  compared: boolean;
  nowMs: number;
}

/** What is shown ends with a whole bar: the open one has its full width, and is pale. */
function spanOf({ question, history }: CostAnswer, nowMs: number): TimeWindow {
  const { endMs, live } = resolveRange({ start: question.start, end: question.end }, nowMs);
  const last = history.times[history.times.length - 1] ?? endMs;
  const startMs = history.times[0] ?? Date.parse(question.start);
  return { startMs, endMs: last + history.stepMs, live };
}

/** Bars of cost over time, stacked by group. */
export function CostBars({ answer, compared, nowMs }: CostBarsProps): ReactNode {
  const { range, setRange } = useRange();
  const { isolated, legend } = useOneLegend();
  const { theme } = useTheme();
  const { question, history } = answer;
  // A bar of a day is not drawn anew each second.
  const minuteMs = Math.floor(nowMs / 60_000) * 60_000;
  const span = useMemo(() => spanOf(answer, minuteMs), [answer, minuteMs]);
  const panel = useMemo(() => {
    const chart = prepareCostChart(history, { groupBy: question.groupBy, compared, isolated });
    return preparePanel(chart.spec, chart.frame, {
      window: span,
      nowMs: minuteMs,
      intervalMs: 0,
      thresholds: undefined,
      silences: [],
    });
  }, [history, question.groupBy, compared, isolated, span, minuteMs]);
  const zoom = useCallback(
    ({ startMs, endMs }: ZoomSpan) => setRange(absoluteRange(startMs, endMs)),
    [setRange],
  );
  const panels = useMemo(() => [panel], [panel]);
  return (
    <ChartStack
      panels={panels}
      events={null}
      span={span}
      nowMs={nowMs}
      stepMs={history.stepMs}
      theme={theme}
      legend={legend}
      onZoom={zoom}
      onZoomOut={() => setRange(zoomOutRange(resolveRange(range, nowMs), nowMs))}
    />
  );
}
