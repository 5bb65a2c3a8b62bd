import { memo, useMemo, type ReactNode } from 'react';
import { hueVariable, type Hue } from '../../design/hues';
import { prepareSparkline } from '../prepare/sparkline';

export interface SparklineProps {
  values: Float64Array | null;
  hue: Hue;
  label: string;
  kind?: 'line' | 'bars';
  top?: number | null;
  width?: number;
  height?: number;
}

/** A row's history in the space of a word. */
function SparklineView(props: SparklineProps): ReactNode {
  const { values, hue, label, kind = 'line', top = null, width = 72, height = 20 } = props;
  const prepared = useMemo(
    () => (values ? prepareSparkline(values, { width, height, kind, top }) : null),
    [values, width, height, kind, top],
  );
  const colour = hueVariable(hue);
  return (
    <svg width={width} height={height} role="img" aria-label={label} data-points={prepared?.points ?? 0}>
      {prepared && prepared.points > 0 && (
        <path
          d={prepared.path}
          {...(kind === 'bars'
            ? { fill: colour, fillOpacity: 0.75 }
            : { fill: 'none', stroke: colour, strokeWidth: 1.25 })}
        />
      )}
      {prepared?.end && <circle cx={prepared.end.x} cy={prepared.end.y} r={1.75} fill={colour} />}
    </svg>
  );
}

export const Sparkline = memo(SparklineView);
