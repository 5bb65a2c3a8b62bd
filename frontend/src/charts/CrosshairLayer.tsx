import type { ReactNode } from 'react';
import { formatMoment } from '../utils/timeText';
import { useCrosshair, type Crosshair } from './crosshair';
import { GUTTER_PX, type Span, type TimeScale } from './geometry';
import type { ZoomSpan } from './prepare/brush';
import type { PreparedPanel } from './prepare/panel';
import { describePanel } from './prepare/readouts';
import { useBrush } from './useBrush';
import styles from './CrosshairLayer.module.css';

export interface CrosshairLayerProps {
  crosshair: Crosshair;
  panels: readonly PreparedPanel[];
  time: TimeScale;
  span: Span;
  stepMs: number;
  width: number;
  nowMs: number;
  selection: Span | null;
  onZoom: (span: ZoomSpan) => void;
  onSelect: ((span: ZoomSpan) => void) | undefined;
  onZoomOut: () => void;
}

/** What the crosshair shows to the eye, in words: the moment, and each chart's values at it. */
function valueText({ panels, span, nowMs }: CrosshairLayerProps, atMs: number | null): string {
  const values = panels.filter((panel) => panel.measured).map((panel) => describePanel(panel, atMs));
  return [formatMoment(atMs ?? span.endMs, nowMs), ...values].join('. ');
}

/** Takes the pointer and the keys for the whole stack: one line crosses every chart, a drag selects a range. */
export function CrosshairLayer(props: CrosshairLayerProps): ReactNode {
  const { crosshair, time, span, width, nowMs } = props;
  const atMs = useCrosshair(crosshair);
  const { ref, drag, ...handlers } = useBrush(props);
  const shownMs = atMs === null ? null : Math.min(span.endMs, Math.max(span.startMs, atMs));
  return (
    <>
      <div
        className={styles.layer}
        style={{ left: GUTTER_PX, width }}
        ref={ref}
        role="slider"
        tabIndex={0}
        aria-label={`Time under the crosshair. Arrow keys move it, Enter zooms in, ${props.onSelect ? 'Shift and Enter looks into it, ' : ''}Escape clears it.`}
        aria-valuemin={span.startMs}
        aria-valuemax={span.endMs}
        aria-valuenow={shownMs ?? span.endMs}
        aria-valuetext={valueText(props, shownMs)}
        onDoubleClick={props.onZoomOut}
        {...handlers}
      >
        {props.selection && <Selection span={props.selection} time={time} width={width} />}
        {drag && (
          <div
            className={styles.brush}
            style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
            data-selects={drag.selects || undefined}
            data-testid="brush"
          />
        )}
      </div>
      {shownMs !== null && (
        <div className={styles.lines} style={{ left: GUTTER_PX, width }} aria-hidden="true">
          <div className={styles.line} style={{ left: time.toX(shownMs) }} data-testid="crosshair">
            <span className={time.toX(shownMs) > width / 2 ? styles.tagLeft : styles.tagRight}>
              {formatMoment(shownMs, nowMs)}
              {drag?.selects && drag.from === drag.to && ' · drag to look into it'}
            </span>
          </div>
        </div>
      )}
    </>
  );
}

interface SelectionProps {
  span: Span;
  time: TimeScale;
  width: number;
}

/** The part that is looked into, as far as it is in sight. */
function Selection({ span, time, width }: SelectionProps): ReactNode {
  const left = Math.max(0, time.toX(span.startMs));
  const right = Math.min(width, time.toX(span.endMs));
  // All of what is in sight needs no mark.
  if (right <= left || (left === 0 && right === width)) return null;
  return <div className={styles.selection} style={{ left, width: right - left }} data-testid="selection" />;
}
