import type { CSSProperties, ReactNode } from 'react';
import { QuantityText } from '../components/QuantityText';
import { hueVariable } from '../design/hues';
import { useCrosshair, type Crosshair } from './crosshair';
import type { PreparedPanel } from './prepare/panel';
import { prepareReadouts } from './prepare/readouts';
import styles from './PanelTitle.module.css';

export interface PanelTitleProps {
  panel: PreparedPanel;
  crosshair: Crosshair;
}

function farThresholds(panel: PreparedPanel): string {
  return panel.thresholds
    .filter((line) => !line.inside)
    .map((line) => `${line.label} ↑`)
    .join('  ');
}

/** Title and live values; under the crosshair the values are that moment's. */
export function PanelTitle({ panel, crosshair }: PanelTitleProps): ReactNode {
  const atMs = useCrosshair(crosshair);
  const { title } = panel.spec.info;
  if (!panel.measured) {
    return (
      <div className={styles.line}>
        <h2 className={styles.title}>{title}</h2>
        <span className={styles.none}>– not measured in this range</span>
      </div>
    );
  }
  return (
    <div className={styles.line}>
      <h2 className={styles.title}>{title}</h2>
      {prepareReadouts(panel, atMs).map((readout) => (
        <span key={readout.key} className={styles.readout}>
          {readout.swatch !== 'none' && (
            <span
              className={styles[readout.swatch]}
              style={{ '--hue': hueVariable(readout.hue) } as CSSProperties}
              aria-hidden="true"
            />
          )}
          {readout.label !== '' && <span className={styles.label}>{readout.label}</span>}
          <QuantityText quantity={readout.quantity} />
        </span>
      ))}
      <span className={styles.far}>{farThresholds(panel)}</span>
    </div>
  );
}
