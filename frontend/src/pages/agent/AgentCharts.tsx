import { useCallback, useMemo, type ReactNode } from 'react';
import { ChartStack } from '../../charts/ChartStack';
import type { Span } from '../../charts/geometry';
import type { ZoomSpan } from '../../charts/prepare/brush';
import { preparePanel } from '../../charts/prepare/panel';
import { AGENT_PANELS, comparedPanel, panelMetrics } from '../../charts/prepare/panelSpecs';
import { shiftFrame, withPrevious } from '../../charts/prepare/previous';
import { prepareSilences } from '../../charts/prepare/silences';
import { withTokens } from '../../charts/prepare/tokens';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import type { Agent, AgentEvent, Configuration } from '../../services/types';
import { useNow } from '../../state/clock';
import { useConfiguration } from '../../state/configuration';
import { useTheme } from '../../state/theme';
import { useRange } from '../../state/urlState';
import { useLiveFrame } from '../../state/useLiveFrame';
import { usePrevious } from '../../state/usePrevious';
import type { Frame } from '../../utils/frame';
import { absoluteRange, resolveRange, zoomOutRange, type TimeWindow } from '../../utils/range';
import { chartStep } from '../../utils/step';

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
const COMPARED_PANELS = AGENT_PANELS.map(comparedPanel);
const COMPARED_COLUMNS = AGENT_PANELS.map((panel) => panel.compares);

interface PanelInput {
  frame: Frame | undefined;
  previous: { frame: Frame | undefined; shiftMs: number };
  agent: Agent;
  window: TimeWindow;
  nowMs: number;
  thresholds: Configuration['thresholds'] | undefined;
}

function usePanels({ frame, previous, agent, window, nowMs, thresholds }: PanelInput) {
  const { startMs, endMs, live } = window;
  const { frame: before, shiftMs } = previous;
  const intervalMs = agent.interval_s * 1000;
  const createdMs = Date.parse(agent.created_at);
  const ghost = useMemo(
    () => (before ? withTokens(shiftFrame(before, shiftMs)) : undefined),
    [before, shiftMs],
  );
  return useMemo(() => {
    if (!frame) return [];
    const context = { window: { startMs, endMs, live }, nowMs, intervalMs, createdMs };
    const silences = prepareSilences(frame, context);
    const whole = withTokens(frame);
    const compared = ghost ? withPrevious(whole, ghost, COMPARED_COLUMNS) : whole;
    return (ghost ? COMPARED_PANELS : AGENT_PANELS).map((spec) =>
      preparePanel(spec, compared, { ...context, silences, thresholds: thresholds?.[spec.info.name] }),
    );
  }, [frame, ghost, startMs, endMs, live, nowMs, intervalMs, createdMs, thresholds]);
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
  const panels = usePanels({ frame: frame.data, previous, agent, window, nowMs, thresholds });
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
