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
  legend: LegendChoice | undefined;
}

/** Which of a legend's names is shown alone; null shows all. */
export interface LegendChoice {
  isolated: string | null;
  onIsolate: (name: string | null) => void;
}

function farThresholds(panel: PreparedPanel): string {
  return panel.thresholds
    .filter((line) => !line.inside)
    .map((line) => `${line.label} ↑`)
    .join('  ');
}

/** Title and live values; under the crosshair the values are that moment's. */
export function PanelTitle({ panel, crosshair, legend: choice }: PanelTitleProps): ReactNode {
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
          .filter((readout) => !readout.legend && !readout.end)
          .map((readout) => (
            <ReadoutText key={readout.key} readout={readout} />
          ))}
        <span className={styles.far}>{farThresholds(panel)}</span>
      </div>
      {legend.length > 0 && (
        <div className={styles.legend}>
          {legend.map((readout) => (
            <LegendEntry key={readout.key} readout={readout} choice={choice} />
          ))}
        </div>
      )}
    </>
  );
}

interface LegendEntryProps {
  readout: Readout;
  choice: LegendChoice | undefined;
}

/** A click shows this one alone, another one all of them again. */
function LegendEntry({ readout, choice }: LegendEntryProps): ReactNode {
  if (!choice) return <ReadoutText readout={readout} />;
  const isolated = choice.isolated === readout.label;
  return (
    <button
      type="button"
      className={styles.entry}
      aria-pressed={isolated}
      data-muted={(choice.isolated !== null && !isolated) || undefined}
      title={isolated ? 'Show all' : `Show ${readout.label} alone`}
      onClick={() => choice.onIsolate(isolated ? null : readout.label)}
    >
      <ReadoutText readout={readout} />
    </button>
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
