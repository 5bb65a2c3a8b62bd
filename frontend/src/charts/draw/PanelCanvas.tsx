import { useLayoutEffect, useRef, type ReactNode } from 'react';
import type { Palette } from '../../design/palette';
import { GUTTER_PX, type TimeScale } from '../geometry';
import type { PreparedPanel } from '../prepare/panel';
import { drawPanel } from './drawMarks';

export interface PanelCanvasProps {
  panel: PreparedPanel;
  width: number;
  time: TimeScale;
  toY: (value: number) => number;
  palette: Palette;
}

/** The ink of one panel. Canvas, since a live panel is drawn anew every second. */
export function PanelCanvas({ panel, width, time, toY, palette }: PanelCanvasProps): ReactNode {
  const ref = useRef<HTMLCanvasElement>(null);
  const height = panel.heightPx;
  useLayoutEffect(() => {
    const canvas = ref.current;
    const ink = canvas?.getContext('2d');
    if (!canvas || !ink || width <= 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawPanel(ink, panel, { width, height, scales: { x: time.toX, y: toY }, palette });
  }, [panel, width, height, time, toY, palette]);
  const style = { position: 'absolute', left: GUTTER_PX, top: 0, width, height } as const;
  return <canvas ref={ref} style={style} aria-hidden="true" />;
}
