import { useCallback, useMemo, type ReactNode } from 'react';
import { ChartStack } from '../../charts/ChartStack';
import type { Span } from '../../charts/geometry';
import type { ZoomSpan } from '../../charts/prepare/brush';
import { preparePanel } from '../../charts/prepare/panel';
import { AGENT_PANELS, panelMetrics } from '../../charts/prepare/panelSpecs';
import { prepareSilences } from '../../charts/prepare/silences';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import type { Agent, AgentEvent, Configuration } from '../../services/types';
import { useNow } from '../../state/clock';
import { useConfiguration } from '../../state/configuration';
import { useTheme } from '../../state/theme';
import { useRange } from '../../state/urlState';
import { useLiveFrame } from '../../state/useLiveFrame';
import type { Frame } from '../../utils/frame';
import { absoluteRange, resolveRange, zoomOutRange, type TimeWindow } from '../../utils/range';
import { chartStep } from '../../utils/step';

export interface AgentChartsProps {
  agent: Agent;
  events: readonly AgentEvent[];
  /** The part that is looked into. */
  selection: Span | null;
  onSelect: (span: ZoomSpan) => void;
}

/** About three pixels a bucket on a wide screen. */
const MOST_BUCKETS = 400;
const PANEL_METRICS = panelMetrics(AGENT_PANELS);

function usePanels(
  frame: Frame | undefined,
  agent: Agent,
  window: TimeWindow,
  nowMs: number,
  thresholds: Configuration['thresholds'] | undefined,
) {
  const { startMs, endMs, live } = window;
  const intervalMs = agent.interval_s * 1000;
  const createdMs = Date.parse(agent.created_at);
  return useMemo(() => {
    if (!frame) return [];
    const context = { window: { startMs, endMs, live }, nowMs, intervalMs, createdMs };
    const silences = prepareSilences(frame, context);
    return AGENT_PANELS.map((spec) =>
      preparePanel(spec, frame, { ...context, silences, thresholds: thresholds?.[spec.info.name] }),
    );
  }, [frame, startMs, endMs, live, nowMs, intervalMs, createdMs, thresholds]);
}

/** Latency, throughput, cost, CPU, GPU and memory on one axis, live while the range ends now. */
export function AgentCharts({ agent, events, selection, onSelect }: AgentChartsProps): ReactNode {
  const { range, setRange } = useRange();
  const { theme } = useTheme();
  const clockMs = useNow();
  const window = resolveRange(range, clockMs);
  // A range of the past does not move with the clock, so nothing is drawn anew.
  const nowMs = window.live ? clockMs : Math.max(window.endMs, Math.floor(clockMs / 60_000) * 60_000);
  const stepMs = chartStep(window.endMs - window.startMs, MOST_BUCKETS, agent.interval_s * 1000);
  const frame = useLiveFrame({
    agents: [agent.name],
    metrics: PANEL_METRICS,
    ...range,
    stepMs,
    groupBy: 'agent',
    watch: [agent.agent_id],
  });
  const thresholds = useConfiguration(agent.name).data?.thresholds;
  const panels = usePanels(frame.data, agent, window, nowMs, thresholds);
  const zoom = useCallback((span: ZoomSpan) => setRange(absoluteRange(span.startMs, span.endMs)), [setRange]);

  if (frame.isPending) return <Placeholder label="Loading the charts" rows={6} rowHeight={120} />;
  if (frame.data === undefined) {
    return (
      <ErrorState
        title="The charts cannot be shown"
        detail={frame.error.message}
        onRetry={() => void frame.refetch()}
      />
    );
  }
  return (
    <ChartStack
      panels={panels}
      events={events}
      span={window}
      nowMs={nowMs}
      stepMs={frame.data.stepMs}
      theme={theme}
      selection={selection}
      onZoom={zoom}
      onSelect={onSelect}
      onZoomOut={() => setRange(zoomOutRange(window, clockMs))}
    />
  );
}
