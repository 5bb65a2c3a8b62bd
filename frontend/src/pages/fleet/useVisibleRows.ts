import { startTransition, useEffect, useState } from 'react';

export interface VisibleRows {
  from: number;
  to: number;
  rowHeight: number;
  ref: (element: HTMLElement | null) => void;
}

/** What a screen shows comes at once, the rest in steps: fifty rows in one are a long moment on a phone. */
const FIRST_ROWS = 16;
const STEP_ROWS = 8;

/** Below this all rows are in the page, so that the browser's own search finds them. */
const ALWAYS_ALL = 120;
const SPARE_ROWS = 12;
const ROW_PX = 32;
const COARSE_ROW_PX = 44;

/** Which rows of a table are near the screen. `top` is the table's distance from the screen's top. */
export function visibleSpan(count: number, top: number, screen: number, rowHeight: number) {
  const first = Math.floor(-top / rowHeight) - SPARE_ROWS;
  const last = Math.ceil((screen - top) / rowHeight) + SPARE_ROWS;
  return { from: Math.min(count, Math.max(0, first)), to: Math.min(count, Math.max(0, last)) };
}

/** How many of the first rows are drawn: more with every step, until all are. */
function useGrowing(count: number): number {
  const [drawn, setDrawn] = useState(FIRST_ROWS);
  useEffect(() => {
    if (drawn >= count) return undefined;
    // A task of its own, so that a key or a touch is answered between two steps.
    const timer = setTimeout(() => startTransition(() => setDrawn(drawn + STEP_ROWS)));
    return () => clearTimeout(timer);
  }, [drawn, count]);
  return drawn;
}

/** A fleet of a thousand draws the rows on screen alone. */
export function useVisibleRows(count: number): VisibleRows {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [span, setSpan] = useState({ from: 0, to: FIRST_ROWS });
  const rowHeight = window.matchMedia('(pointer: coarse)').matches ? COARSE_ROW_PX : ROW_PX;
  const windowed = count > ALWAYS_ALL;
  const grown = useGrowing(windowed ? 0 : count);

  useEffect(() => {
    if (!windowed || !element) return undefined;
    const measure = (): void => {
      const next = visibleSpan(count, element.getBoundingClientRect().top, window.innerHeight, rowHeight);
      setSpan((current) => (current.from === next.from && current.to === next.to ? current : next));
    };
    measure();
    window.addEventListener('scroll', measure, { passive: true });
    window.addEventListener('resize', measure);
    return () => {
      window.removeEventListener('scroll', measure);
      window.removeEventListener('resize', measure);
    };
  }, [count, element, rowHeight, windowed]);

  const { from, to } = windowed ? span : { from: 0, to: grown };
  return { from, to: Math.min(to, count), rowHeight, ref: setElement };
}
