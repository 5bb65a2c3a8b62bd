import { useMemo, type CSSProperties, type ReactNode } from 'react';
import { QuantityText } from '../../components/QuantityText';
import { hueVariable } from '../../design/hues';
import { useCrosshair, type Crosshair } from '../crosshair';
import { ENDS_PX, GUTTER_PX } from '../geometry';
import { END_LINE_PX, prepareEnds } from '../prepare/ends';
import type { PreparedPanel } from '../prepare/panel';
import { prepareReadouts } from '../prepare/readouts';
import styles from './PanelEnds.module.css';

export interface PanelEndsProps {
  panel: PreparedPanel;
  width: number;
  toY: (value: number) => number;
  crosshair: Crosshair;
}

/** The names of a few lines at their ends, with their values: the newest, or those under the crosshair. */
export function PanelEnds({ panel, width, toY, crosshair }: PanelEndsProps): ReactNode {
  const atMs = useCrosshair(crosshair);
  const places = useMemo(() => prepareEnds(panel, toY), [panel, toY]);
  if (places.size === 0) return null;
  return (
    <div className={styles.ends} style={{ left: GUTTER_PX + width, width: ENDS_PX }}>
      {prepareReadouts(panel, atMs)
        .filter((readout) => readout.end)
        .map((readout) => (
          <span
            key={readout.key}
            className={styles.end}
            style={
              {
                '--hue': hueVariable(readout.hue),
                top: (places.get(readout.key) ?? 0) - END_LINE_PX / 2,
              } as CSSProperties
            }
            title={readout.label}
          >
            <span className={styles.mark} aria-hidden="true" />
            <span className={styles.name}>{readout.label}</span>
            <QuantityText quantity={readout.quantity} />
          </span>
        ))}
    </div>
  );
}
