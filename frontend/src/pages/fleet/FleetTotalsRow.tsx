import type { ReactNode } from 'react';
import tables from '../../components/Table.module.css';
import type { Totals } from '../../services/types';
import { FLEET_P95, type FleetColumn } from './fleetColumns';
import { MetricCell } from './MetricCell';
import type { Spark } from './useSparks';
import styles from './FleetTable.module.css';

export interface FleetTotalsRowProps {
  title: string;
  detail: string | null;
  /** Whose histories these are, for those who do not see them. */
  who: string;
  columns: readonly FleetColumn[];
  totals: Totals;
  history: Map<string, Float64Array> | undefined;
  /** Over all requests, which only the server can tell; null where it was not asked. */
  p95: { history: Float64Array | null; newest: number | null } | null;
  sparks: ReadonlySet<Spark>;
  kind: 'totals' | 'group';
  children: ReactNode;
}

/** Many agents as one row: sums, means, and p95 over every request. */
export function FleetTotalsRow(props: FleetTotalsRowProps): ReactNode {
  const { title, detail, who, columns, totals, history, p95, sparks, kind, children } = props;
  const marks = kind === 'totals' ? { 'data-agent-totals': '' } : { 'data-group': title };
  return (
    <tr className={kind === 'totals' ? tables.total : styles.group} {...marks}>
      <th scope="row">
        {title}
        {detail !== null && <span className={`${tables.detail} ${styles.host}`}>{detail}</span>}
      </th>
      <td className={styles.status}>{children}</td>
      {columns.map((column) => (
        <MetricCell
          key={column.id}
          column={column}
          who={who}
          value={column.id === 'latency' ? (p95?.newest ?? null) : column.total(totals)}
          history={
            column.history === FLEET_P95 ? (p95?.history ?? null) : (history?.get(column.history) ?? null)
          }
          drawn={sparks.has(column.spark)}
        />
      ))}
      <td className={styles.wide} />
    </tr>
  );
}
