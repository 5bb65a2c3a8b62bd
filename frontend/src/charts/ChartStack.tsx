import { useMemo, useState, type ReactNode } from 'react';
import { readPalette } from '../design/palette';
import type { AgentEvent } from '../services/types';
import { zoneName } from '../utils/timeText';
import { zoneOffset } from '../utils/zone';
import { ChartPanel } from './ChartPanel';
import type { LegendChoice } from './PanelTitle';
import { createCrosshair } from './crosshair';
import { CrosshairLayer } from './CrosshairLayer';
import { EventRules } from './draw/EventRules';
import { TimeAxis } from './draw/TimeAxis';
import { EventLane } from './EventLane';
import { ENDS_PX, GUTTER_PX, timeScale, type Span } from './geometry';
import type { ZoomSpan } from './prepare/brush';
import type { PreparedPanel } from './prepare/panel';
import { prepareTimeAxis } from './prepare/timeAxis';
import { useElementWidth } from './useElementWidth';
import styles from './ChartStack.module.css';

export interface ChartStackProps {
  panels: readonly PreparedPanel[];
  /** Null where nothing can happen: no lane then. */
  events: readonly AgentEvent[] | null;
  span: Span;
  nowMs: number;
  stepMs: number;
  /** Canvas takes its colours as values, so it must know when the theme changes. */
  theme: string;
  /** Where the names of a legend can be shown alone. */
  legend?: LegendChoice | undefined;
  /** A part of the range that is looked into. */
  selection?: Span | null;
  onZoom: (span: ZoomSpan) => void;
  /** Shift with a drag; where it is absent that zooms too. */
  onSelect?: ((span: ZoomSpan) => void) | undefined;
  onZoomOut: () => void;
}

/** Small multiples on one time axis with one crosshair. */
export function ChartStack(props: ChartStackProps): ReactNode {
  const { panels, events, span, nowMs, stepMs, theme, selection = null, onZoom, onSelect, onZoomOut } = props;
  const { width: outer, ref } = useElementWidth();
  const [crosshair] = useState(createCrosshair);
  // One room for all panels, so that one crosshair crosses them.
  const ends = panels.some((panel) => panel.spec.readouts.some((readout) => readout.end)) ? ENDS_PX : 0;
  const width = Math.max(0, outer - GUTTER_PX - ends);
  const time = useMemo(
    () => timeScale({ startMs: span.startMs, endMs: span.endMs }, width),
    [span.startMs, span.endMs, width],
  );
  const ticks = useMemo(
    () => prepareTimeAxis(span.startMs, span.endMs, width),
    [span.startMs, span.endMs, width],
  );
  const palette = useMemo(() => readPalette(document.documentElement, theme), [theme]);
  return (
    <div className={styles.stack} ref={ref} data-chart-stack="">
      {events && (
        <EventLane events={events} time={time} width={width} nowMs={nowMs} onPoint={crosshair.set} />
      )}
      {panels.map((panel) => (
        <ChartPanel
          key={panel.spec.info.name}
          panel={panel}
          width={width}
          time={time}
          palette={palette}
          crosshair={crosshair}
          legend={props.legend}
        />
      ))}
      {events && <EventRules events={events} time={time} width={width} />}
      <CrosshairLayer
        crosshair={crosshair}
        panels={panels}
        time={time}
        span={span}
        stepMs={stepMs}
        width={width}
        nowMs={nowMs}
        selection={selection}
        onZoom={onZoom}
        onSelect={onSelect}
        onZoomOut={onZoomOut}
      />
      <div className={styles.axis} data-time-axis="">
        <TimeAxis ticks={ticks} time={time} width={width} zone={zoneName(zoneOffset(new Date(span.endMs)))} />
      </div>
    </div>
  );
}
