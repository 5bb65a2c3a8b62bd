import { useCallback, useMemo, type ReactNode } from 'react';
import { ChartStack } from '../../charts/ChartStack';
import type { Span } from '../../charts/geometry';
import type { ZoomSpan } from '../../charts/prepare/brush';
import { preparePanel } from '../../charts/prepare/panel';
import type { ExploreAnswer } from '../../services/explore';
import { useNow } from '../../state/clock';
import { useTheme } from '../../state/theme';
import { useRange } from '../../state/urlState';
import { absoluteRange, resolveRange, zoomOutRange } from '../../utils/range';
import { useOneLegend } from '../useOneLegend';
import type { Metric } from './exploreMetrics';
import { prepareExplorePanels } from './explorePanels';

export interface ExploreChartsProps {
  answer: ExploreAnswer;
  metrics: readonly Metric[];
  /** The part that is looked into. */
  selection: Span | null;
  onSelect: (span: ZoomSpan) => void;
}

const MINUTE_MS = 60_000;

/** One chart a metric, on one axis and with one crosshair. */
export function ExploreCharts({ answer, metrics, selection, onSelect }: ExploreChartsProps): ReactNode {
  const { setRange } = useRange();
  const { theme } = useTheme();
  const clockMs = useNow();
  const { question, frame } = answer;
  const { isolated, legend } = useOneLegend();
  // Buckets of minutes need no drawing every second.
  const grain = frame.stepMs >= MINUTE_MS ? MINUTE_MS : 1000;
  const nowMs = Math.floor(clockMs / grain) * grain;
  const window = useMemo(
    () => resolveRange({ start: question.start, end: question.end }, nowMs),
    [question.start, question.end, nowMs],
  );
  const charts = useMemo(
    () => prepareExplorePanels(answer, metrics, { compared: question.previous, isolated }),
    [answer, metrics, question.previous, isolated],
  );
  const panels = useMemo(
    () =>
      charts.map(({ spec, frame: columns }) =>
        preparePanel(spec, columns, {
          window,
          nowMs,
          intervalMs: question.intervalMs,
          thresholds: undefined,
          silences: [],
        }),
      ),
    [charts, window, nowMs, question.intervalMs],
  );
  const zoom = useCallback(
    ({ startMs, endMs }: ZoomSpan) => setRange(absoluteRange(startMs, endMs)),
    [setRange],
  );
  return (
    <ChartStack
      panels={panels}
      events={null}
      span={window}
      nowMs={nowMs}
      stepMs={frame.stepMs}
      theme={theme}
      legend={legend}
      selection={selection}
      onZoom={zoom}
      onSelect={onSelect}
      onZoomOut={() => setRange(zoomOutRange(window, clockMs))}
    />
  );
}
