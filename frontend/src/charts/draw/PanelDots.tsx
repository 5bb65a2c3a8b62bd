import type { ReactNode } from 'react';
import { hueVariable } from '../../design/hues';
import { useCrosshair, type Crosshair } from '../crosshair';
import { GUTTER_PX, type TimeScale } from '../geometry';
import type { PreparedPanel } from '../prepare/panel';
import { valueAt } from '../prepare/readouts';

export interface PanelDotsProps {
  panel: PreparedPanel;
  width: number;
  time: TimeScale;
  toY: (value: number) => number;
  crosshair: Crosshair;
}

/** Where the crosshair meets the lines. */
export function PanelDots({ panel, width, time, toY, crosshair }: PanelDotsProps): ReactNode {
  const atMs = useCrosshair(crosshair);
  if (atMs === null) return null;
  const style = { position: 'absolute', left: GUTTER_PX, top: 0, pointerEvents: 'none' } as const;
  return (
    <svg style={style} width={width} height={panel.heightPx} aria-hidden="true">
      {panel.marks.map(({ spec, values }) => {
        const value = spec.type === 'line' ? valueAt(panel, values, atMs) : null;
        if (value === null) return null;
        const key = spec.type === 'line' ? spec.metric : spec.type;
        return <circle key={key} cx={time.toX(atMs)} cy={toY(value)} r={2.5} fill={hueVariable(spec.hue)} />;
      })}
    </svg>
  );
}
