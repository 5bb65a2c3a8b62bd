import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { formatMoment } from '../utils/timeText';
import { useCrosshair, type Crosshair } from './crosshair';
import { GUTTER_PX, type Span, type TimeScale } from './geometry';
import { prepareZoom, widenZoom, type ZoomSpan } from './prepare/brush';
import type { PreparedPanel } from './prepare/panel';
import { describePanel } from './prepare/readouts';
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

const FAST_STEPS = 10;

/** What the crosshair shows to the eye, in words: the moment, and each chart's values at it. */
function valueText({ panels, span, nowMs }: CrosshairLayerProps, atMs: number | null): string {
  const values = panels.filter((panel) => panel.measured).map((panel) => describePanel(panel, atMs));
  return [formatMoment(atMs ?? span.endMs, nowMs), ...values].join('. ');
}

/** Takes the pointer and the keys for the whole stack: one line crosses every chart, a drag selects a range. */
export function CrosshairLayer(props: CrosshairLayerProps): ReactNode {
  const { crosshair, time, span, width, nowMs } = props;
  const atMs = useCrosshair(crosshair);
  const { drag, ...handlers } = useBrush(props);
  const shownMs = atMs === null ? null : Math.min(span.endMs, Math.max(span.startMs, atMs));
  return (
    <>
      <div
        className={styles.layer}
        style={{ left: GUTTER_PX, width }}
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
            data-testid="brush"
          />
        )}
      </div>
      {shownMs !== null && (
        <div className={styles.lines} style={{ left: GUTTER_PX, width }} aria-hidden="true">
          <div className={styles.line} style={{ left: time.toX(shownMs) }} data-testid="crosshair">
            <span className={time.toX(shownMs) > width / 2 ? styles.tagLeft : styles.tagRight}>
              {formatMoment(shownMs, nowMs)}
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

interface Drag {
  from: number;
  to: number;
  /** Begun with Shift: it selects and leaves the range as it is. */
  selects: boolean;
}

function offsetIn(event: PointerEvent<HTMLElement>, width: number): number {
  const left = event.currentTarget.getBoundingClientRect().left;
  return Math.min(width, Math.max(0, event.clientX - left));
}

function useBrush({ crosshair, time, span, stepMs, width, onZoom, onSelect = onZoom }: CrosshairLayerProps) {
  const [drag, setDrag] = useState<Drag | null>(null);

  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const x = offsetIn(event, width);
    setDrag({ from: x, to: x, selects: event.shiftKey });
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    const x = offsetIn(event, width);
    crosshair.set(time.toMs(x));
    if (drag) setDrag({ ...drag, to: x });
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>): void => {
    const zoom = drag && prepareZoom(drag.from, offsetIn(event, width), time.toMs);
    setDrag(null);
    if (zoom) (drag.selects ? onSelect : onZoom)(zoom);
  };
  const onPointerLeave = (): void => {
    if (!drag) crosshair.set(null);
  };
  const onPointerCancel = (): void => setDrag(null);
  const onBlur = (): void => crosshair.set(null);

  const move = (steps: number): void => {
    const from = crosshair.get() ?? span.endMs;
    crosshair.set(Math.min(span.endMs, Math.max(span.startMs, from + steps * stepMs)));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const steps = event.shiftKey ? FAST_STEPS : 1;
    if (event.key === 'ArrowLeft') move(-steps);
    else if (event.key === 'ArrowRight') move(steps);
    else if (event.key === 'Home') crosshair.set(span.startMs);
    else if (event.key === 'End') crosshair.set(span.endMs);
    else if (event.key === 'Enter') {
      (event.shiftKey ? onSelect : onZoom)(zoomAround(crosshair.get() ?? span.endMs, span));
    } else if (event.key === 'Escape') {
      setDrag(null);
      crosshair.set(null);
    } else return;
    event.preventDefault();
  };
  return {
    drag,
    onPointerDown,
    onPointerMove,
    onPointerUp,
    onPointerLeave,
    onPointerCancel,
    onBlur,
    onKeyDown,
  };
}

/** The keyboard's zoom: a quarter of the span around the crosshair. */
function zoomAround(ms: number, span: Span): ZoomSpan {
  const eighth = (span.endMs - span.startMs) / 8;
  return widenZoom({
    startMs: Math.max(span.startMs, ms - eighth),
    endMs: Math.min(span.endMs, ms + eighth),
  });
}
