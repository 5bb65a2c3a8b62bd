import type { CSSProperties, ReactNode } from 'react';
import { QuantityText } from '../components/QuantityText';
import { hueVariable } from '../design/hues';
import { useCrosshair, type Crosshair } from './crosshair';
import type { PreparedPanel } from './prepare/panel';
import { prepareReadouts, type Readout } from './prepare/readouts';
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
  const readouts = prepareReadouts(panel, atMs);
  const legend = readouts.filter((readout) => readout.legend);
  return (
    <>
      <div className={styles.line}>
        <h2 className={styles.title}>{title}</h2>
        {readouts
          .filter((readout) => !readout.legend)
          .map((readout) => (
            <ReadoutText key={readout.key} readout={readout} />
          ))}
        <span className={styles.far}>{farThresholds(panel)}</span>
      </div>
      {legend.length > 0 && (
        <div className={styles.legend}>
          {legend.map((readout) => (
            <ReadoutText key={readout.key} readout={readout} />
          ))}
        </div>
      )}
    </>
  );
}

interface ReadoutTextProps {
  readout: Readout;
}

function ReadoutText({ readout }: ReadoutTextProps): ReactNode {
  return (
    <span className={styles.readout}>
      {readout.swatch !== 'none' && (
        <span
          className={styles[readout.swatch]}
          style={{ '--hue': hueVariable(readout.hue) } as CSSProperties}
          aria-hidden="true"
        />
      )}
      {readout.label !== '' && (
        <span className={styles.label} title={readout.legend ? readout.label : undefined}>
          {readout.label}
        </span>
      )}
      <QuantityText quantity={readout.quantity} />
    </span>
  );
}
