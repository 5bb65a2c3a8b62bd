import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from 'react';
import type { Crosshair } from './crosshair';
import type { Span, TimeScale } from './geometry';
import { prepareZoom, widenZoom, type ZoomSpan } from './prepare/brush';

export interface BrushOptions {
  crosshair: Crosshair;
  time: TimeScale;
  span: Span;
  stepMs: number;
  width: number;
  onZoom: (span: ZoomSpan) => void;
  onSelect: ((span: ZoomSpan) => void) | undefined;
}

export interface Drag {
  pointer: number;
  from: number;
  to: number;
  /** Begun with Shift, or by a finger that rested: it selects and leaves the range as it is. */
  selects: boolean;
}

const FAST_STEPS = 10;
/** A finger that rests this long says what Shift says. */
const LONG_PRESS_MS = 500;
/** A finger that rests still trembles. */
const TREMBLE_PX = 10;

function offsetIn(event: PointerEvent<HTMLElement>, width: number): number {
  const left = event.currentTarget.getBoundingClientRect().left;
  return Math.min(width, Math.max(0, event.clientX - left));
}

const isTouch = (event: PointerEvent<HTMLElement>): boolean => event.pointerType === 'touch';

function isTremble(event: PointerEvent<HTMLElement>, drag: Drag, x: number): boolean {
  return isTouch(event) && !drag.selects && Math.abs(x - drag.from) <= TREMBLE_PX;
}

/** What pointers and keys do on charts: they move the crosshair, a drag zooms, one with Shift or after a long press selects. */
export function useBrush(options: BrushOptions) {
  const { crosshair, time, width, onZoom, onSelect } = options;
  const [drag, setDrag] = useState<Drag | null>(null);
  const { ref, rest, leave, onContextMenu } = useLongPress();

  const callOff = (): void => {
    leave();
    setDrag(null);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return;
    // Two fingers mean something else than a range.
    if (drag && drag.pointer !== event.pointerId) {
      callOff();
      return;
    }
    event.currentTarget.setPointerCapture(event.pointerId);
    const x = offsetIn(event, width);
    setDrag({ pointer: event.pointerId, from: x, to: x, selects: event.shiftKey && onSelect !== undefined });
    if (!isTouch(event) || !onSelect) return;
    rest(() => {
      crosshair.set(time.toMs(x));
      setDrag((begun) => begun && { ...begun, selects: true });
    });
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    if (drag && drag.pointer !== event.pointerId) return;
    const x = offsetIn(event, width);
    if (drag && isTremble(event, drag, x)) return;
    if (drag && !drag.selects) leave();
    crosshair.set(time.toMs(x));
    setDrag((begun) => begun && { ...begun, to: x });
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>): void => {
    if (drag?.pointer !== event.pointerId) return;
    const x = offsetIn(event, width);
    const zoom = isTremble(event, drag, x) ? null : prepareZoom(drag.from, x, time.toMs);
    callOff();
    // A tap reads off what a mouse reads off by being there.
    if (isTouch(event)) crosshair.set(zoom ? null : time.toMs(x));
    if (zoom) (drag.selects ? onSelect : onZoom)?.(zoom);
  };
  const onPointerLeave = (event: PointerEvent<HTMLElement>): void => {
    if (!drag && !isTouch(event)) crosshair.set(null);
  };
  return {
    ref,
    drag,
    onPointerDown,
    onPointerMove,
    onPointerUp,
    onPointerLeave,
    onPointerCancel: callOff,
    onContextMenu,
    ...useCrosshairKeys(options, callOff),
  };
}

/** Tells when a finger has rested. From then on it neither scrolls the page nor asks for a menu. */
function useLongPress() {
  const ref = useRef<HTMLDivElement>(null);
  const timer = useRef<number | null>(null);
  const rested = useRef(false);

  useEffect(() => {
    const element = ref.current;
    const hold = (event: TouchEvent): void => {
      if (rested.current) event.preventDefault();
    };
    // The listeners of React are passive: they cannot hold the page.
    element?.addEventListener('touchmove', hold, { passive: false });
    return () => {
      element?.removeEventListener('touchmove', hold);
      if (timer.current !== null) window.clearTimeout(timer.current);
    };
  }, []);

  const leave = (): void => {
    if (timer.current !== null) window.clearTimeout(timer.current);
    timer.current = null;
    rested.current = false;
  };
  const rest = (onRested: () => void): void => {
    leave();
    timer.current = window.setTimeout(() => {
      rested.current = true;
      onRested();
    }, LONG_PRESS_MS);
  };
  const onContextMenu = (event: MouseEvent<HTMLElement>): void => {
    if (timer.current !== null) event.preventDefault();
  };
  return { ref, rest, leave, onContextMenu };
}

function useCrosshairKeys(options: BrushOptions, callOff: () => void) {
  const { crosshair, span, stepMs, onZoom, onSelect = onZoom } = options;
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
      callOff();
      crosshair.set(null);
    } else return;
    event.preventDefault();
  };
  return { onKeyDown, onBlur: () => crosshair.set(null) };
}

/** The keyboard's zoom: a quarter of the span around the crosshair. */
function zoomAround(ms: number, span: Span): ZoomSpan {
  const eighth = (span.endMs - span.startMs) / 8;
  return widenZoom({
    startMs: Math.max(span.startMs, ms - eighth),
    endMs: Math.min(span.endMs, ms + eighth),
  });
}
