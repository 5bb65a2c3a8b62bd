import type { ReactNode } from 'react';
import { GUTTER_PX } from '../geometry';
import type { PreparedPanel } from '../prepare/panel';
import styles from './PanelAxis.module.css';

export interface PanelAxisProps {
  panel: PreparedPanel;
  width: number;
  toY: (value: number) => number;
}

/** Grid lines with their labels in the gutter. */
export function PanelAxis({ panel, width, toY }: PanelAxisProps): ReactNode {
  const right = GUTTER_PX + width;
  return (
    <svg className={styles.axis} width={right} height={panel.heightPx} aria-hidden="true">
      {panel.axis.ticks.map((tick) => (
        <g key={tick.value} transform={`translate(0 ${Math.round(toY(tick.value)) + 0.5})`}>
          <line className={styles.grid} x1={GUTTER_PX} x2={right} />
          <text
            className={styles.label}
            x={GUTTER_PX - 8}
            dy={tick.value === panel.axis.min ? '-0.1em' : '0.32em'}
          >
            {tick.label}
          </text>
        </g>
      ))}
    </svg>
  );
}
