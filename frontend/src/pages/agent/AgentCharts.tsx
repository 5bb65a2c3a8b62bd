import { useCallback, useMemo, type ReactNode } from 'react';
import { ChartStack } from '../../charts/ChartStack';
import type { Span } from '../../charts/geometry';
import type { ZoomSpan } from '../../charts/prepare/brush';
import { AGENT_PANELS, panelMetrics } from '../../charts/prepare/panelSpecs';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import type { Agent, AgentEvent } from '../../services/types';
import { useNow } from '../../state/clock';
import { useConfiguration } from '../../state/configuration';
import { useTheme } from '../../state/theme';
import { useRange, useViewParams } from '../../state/urlState';
import { useLiveFrame } from '../../state/useLiveFrame';
import { usePrevious } from '../../state/usePrevious';
import { absoluteRange, resolveRange, zoomOutRange } from '../../utils/range';
import { chartStep } from '../../utils/step';
import { aloneIn, aloneText } from './alone';
import { CustomNote } from './CustomNote';
import { useCustomFrame } from './useCustomFrame';
import { usePanels } from './usePanels';

export interface AgentChartsProps {
  agent: Agent;
  events: readonly AgentEvent[];
  /** The part that is looked into. */
  selection: Span | null;
  /** Whether the time before is drawn behind it. */
  compared: boolean;
  onSelect: (span: ZoomSpan) => void;
}

/** About three pixels a bucket on a wide screen. */
const MOST_BUCKETS = 400;
const PANEL_METRICS = panelMetrics(AGENT_PANELS);

/** A name of a chart's legend, shown alone, in the address. */
function useLegend() {
  const { params, change } = useViewParams();
  const alone = params.get('only');
  const legend = useMemo(
    () => ({
      isolated: (metric: string) => aloneIn(alone, metric),
      onIsolate: (metric: string, name: string | null) =>
        change({ only: aloneText(metric, name) }, 'replace'),
    }),
    [alone, change],
  );
  return { alone, legend };
}

/** Latency, throughput, errors, cost, tokens, CPU, GPU and memory on one axis, live while the range ends now. */
export function AgentCharts(props: AgentChartsProps): ReactNode {
  const { agent, events, selection, compared, onSelect } = props;
  const { range, setRange } = useRange();
  const { theme } = useTheme();
  const clockMs = useNow();
  const window = resolveRange(range, clockMs);
  // A range of the past does not move with the clock, so nothing is drawn anew.
  const nowMs = window.live ? clockMs : Math.max(window.endMs, Math.floor(clockMs / 60_000) * 60_000);
  const stepMs = chartStep(window.endMs - window.startMs, MOST_BUCKETS, agent.interval_s * 1000);
  const question = { agents: [agent.name], metrics: PANEL_METRICS, stepMs, groupBy: 'agent' as const };
  const frame = useLiveFrame({ ...question, ...range, watch: [agent.agent_id] });
  const previous = usePrevious(question, window, compared);
  const thresholds = useConfiguration(agent.name).data?.thresholds;
  const custom = useCustomFrame({ agent, range, stepMs, frame: frame.data });
  const { alone, legend } = useLegend();
  const panels = usePanels({
    frame: custom.frame,
    previous,
    custom: custom.shown,
    alone,
    agent,
    window,
    nowMs,
    thresholds,
  });
  const zoom = useCallback((span: ZoomSpan) => setRange(absoluteRange(span.startMs, span.endMs)), [setRange]);

  if (frame.isPending) return <Placeholder label="Loading the charts" rows={6} rowHeight={120} />;
  if (frame.data === undefined) {
    return (
      <ErrorState
        title="The charts cannot be shown"
        detail={frame.error.message}
        onRetry={() => frame.refetch()}
      />
    );
  }
  return (
    <>
      <ChartStack
        panels={panels}
        events={events}
        span={window}
        nowMs={nowMs}
        stepMs={frame.data.stepMs}
        theme={theme}
        selection={selection}
        legend={legend}
        onZoom={zoom}
        onSelect={onSelect}
        onZoomOut={() => setRange(zoomOutRange(window, clockMs))}
      />
      <CustomNote custom={custom} />
    </>
  );
}
