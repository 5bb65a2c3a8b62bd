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

/** Which of the names of a chart is shown alone; null shows all. A chart is told by its metric. */
export interface LegendChoice {
  isolated: (metric: string) => string | null;
  onIsolate: (metric: string, name: string | null) => void;
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
  const { title, name } = panel.spec.info;
  if (!panel.measured) {
    return (
      <div className={styles.line}>
        <h2 className={styles.title} title={title}>
          {title}
        </h2>
        <span className={styles.none}>– not measured in this range</span>
      </div>
    );
  }
  const readouts = prepareReadouts(panel, atMs);
  const legend = readouts.filter((readout) => readout.legend);
  return (
    <>
      <div className={styles.line}>
        <h2 className={styles.title} title={title}>
          {title}
        </h2>
        {readouts
          .filter((readout) => !readout.legend && !readout.end)
          .map((readout) => (
            <LegendEntry key={readout.key} readout={readout} metric={name} choice={choice} />
          ))}
        <span className={styles.far}>{farThresholds(panel)}</span>
      </div>
      {legend.length > 0 && (
        <div className={styles.legend}>
          {legend.map((readout) => (
            <LegendEntry key={readout.key} readout={readout} metric={name} choice={choice} />
          ))}
        </div>
      )}
    </>
  );
}

interface LegendEntryProps {
  readout: Readout;
  metric: string;
  choice: LegendChoice | undefined;
}

/** A click shows this one alone, another one all of them again. */
function LegendEntry({ readout, metric, choice }: LegendEntryProps): ReactNode {
  if (!choice || !readout.canStandAlone) return <ReadoutText readout={readout} />;
  const alone = choice.isolated(metric);
  const isolated = alone === readout.label;
  return (
    <button
      type="button"
      className={styles.entry}
      aria-pressed={isolated}
      data-muted={(alone !== null && !isolated) || undefined}
      title={isolated ? 'Show all' : `Show ${readout.label} alone`}
      onClick={() => choice.onIsolate(metric, isolated ? null : readout.label)}
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
