import type { ReactNode } from 'react';
import { GUTTER_PX } from '../geometry';
import type { PreparedPanel } from '../prepare/panel';
import styles from './PanelThresholds.module.css';

export interface PanelThresholdsProps {
  panel: PreparedPanel;
  width: number;
  toY: (value: number) => number;
}

/** Dashed lines over the data, each with its name: colour is never the only sign. */
export function PanelThresholds({ panel, width, toY }: PanelThresholdsProps): ReactNode {
  const lines = panel.thresholds.filter((line) => line.inside);
  if (lines.length === 0) return null;
  const right = GUTTER_PX + width;
  return (
    <svg className={styles.thresholds} width={right} height={panel.heightPx} aria-hidden="true">
      {lines.map((line) => (
        <g key={line.level} data-threshold={line.level} transform={`translate(0 ${toY(line.value)})`}>
          <line className={styles[line.level]} x1={GUTTER_PX} x2={right} />
          <text className={styles[`${line.level}Label`]} x={right - 4} dy="-4">
            {line.label}
          </text>
        </g>
      ))}
    </svg>
  );
}
