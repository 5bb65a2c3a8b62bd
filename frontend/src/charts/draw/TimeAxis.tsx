import type { ReactNode } from 'react';
import { GUTTER_PX, type TimeScale } from '../geometry';
import type { TimeTick } from '../prepare/timeAxis';
import styles from './TimeAxis.module.css';

export interface TimeAxisProps {
  ticks: readonly TimeTick[];
  time: TimeScale;
  width: number;
  zone: string;
}

const HEIGHT_PX = 24;
/** A label closer to an edge than this would be cut. */
const EDGE_PX = 20;

export function TimeAxis({ ticks, time, width, zone }: TimeAxisProps): ReactNode {
  return (
    <svg className={styles.axis} width={GUTTER_PX + width} height={HEIGHT_PX} aria-hidden="true">
      <text className={styles.zone} x={0} y={16}>
        {zone}
      </text>
      {ticks
        .map((tick) => ({ ...tick, x: time.toX(tick.ms) }))
        .filter((tick) => tick.x >= EDGE_PX && tick.x <= width - EDGE_PX)
        .map((tick) => (
          <g key={tick.ms} transform={`translate(${GUTTER_PX + tick.x} 0)`}>
            <line className={styles.tick} y2={4} />
            <text className={tick.major ? styles.major : styles.label} y={16}>
              {tick.label}
            </text>
          </g>
        ))}
    </svg>
  );
}
