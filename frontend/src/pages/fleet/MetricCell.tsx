import { memo, type ReactNode } from 'react';
import { Sparkline } from '../../charts/draw/Sparkline';
import { QuantityText } from '../../components/QuantityText';
import tables from '../../components/Table.module.css';
import { formatQuantity } from '../../utils/format';
import type { FleetColumn } from './fleetColumns';
import styles from './FleetTable.module.css';

export interface MetricCellProps {
  column: FleetColumn;
  who: string;
  value: number | null;
  history: Float64Array | null;
  /** False where the history has no room. */
  drawn: boolean;
}

/** History and newest value of one metric of one row. */
function MetricCellView({ column, who, value, history, drawn }: MetricCellProps): ReactNode {
  return (
    <td className={tables.number} data-metric={column.info.name}>
      <span className={styles.cell}>
        <span className={styles[column.spark]}>
          {drawn && (
            <Sparkline
              values={history}
              hue={column.info.hue}
              kind={column.kind}
              top={column.top}
              label={`${column.info.title} of ${who} over the range`}
            />
          )}
        </span>
        <span className={styles.value}>
          <QuantityText quantity={formatQuantity(value, column.info.unit)} />
        </span>
      </span>
    </td>
  );
}

export const MetricCell = memo(MetricCellView);
