import { memo, useMemo, type ReactNode } from 'react';
import type { Palette } from '../design/palette';
import { PanelAxis } from './draw/PanelAxis';
import { PanelCanvas } from './draw/PanelCanvas';
import { PanelDots } from './draw/PanelDots';
import { PanelEnds } from './draw/PanelEnds';
import { PanelThresholds } from './draw/PanelThresholds';
import type { Crosshair } from './crosshair';
import { valueScale, type TimeScale } from './geometry';
import { PanelTitle, type LegendChoice } from './PanelTitle';
import type { PreparedPanel } from './prepare/panel';
import { describePanel } from './prepare/readouts';
import styles from './ChartPanel.module.css';

export interface ChartPanelProps {
  panel: PreparedPanel;
  width: number;
  time: TimeScale;
  palette: Palette;
  crosshair: Crosshair;
  legend?: LegendChoice | undefined;
}

/** One small multiple: its title with the numbers, and its plot. */
function ChartPanelView({ panel, width, time, palette, crosshair, legend }: ChartPanelProps): ReactNode {
  const { min, max } = panel.axis;
  const toY = useMemo(() => valueScale(max, panel.heightPx, min), [max, panel.heightPx, min]);
  const description = describePanel(panel);
  const newest = panel.times[panel.times.length - 1];
  return (
    <figure
      className={styles.panel}
      aria-label={description}
      data-metric={panel.spec.info.name}
      data-points={panel.measured ? panel.times.length : 0}
      data-newest={newest}
    >
      <PanelTitle panel={panel} crosshair={crosshair} legend={legend} />
      {panel.measured && !panel.folded && (
        <div className={styles.plot} style={{ height: panel.heightPx }}>
          <PanelAxis panel={panel} width={width} toY={toY} />
          <PanelCanvas panel={panel} width={width} time={time} toY={toY} palette={palette} />
          <PanelThresholds panel={panel} width={width} toY={toY} />
          <PanelDots panel={panel} width={width} time={time} toY={toY} crosshair={crosshair} />
          <PanelEnds panel={panel} width={width} toY={toY} crosshair={crosshair} />
        </div>
      )}
    </figure>
  );
}

export const ChartPanel = memo(ChartPanelView);
