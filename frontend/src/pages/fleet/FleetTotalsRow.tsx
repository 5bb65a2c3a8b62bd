import type { ReactNode } from 'react';
import type { Totals } from '../../services/types';
import { formatText } from '../../utils/format';
import { FLEET_COLUMNS, FLEET_P95 } from './fleetColumns';
import { ALL_AGENTS, type Histories } from './fleetRows';
import { MetricCell } from './MetricCell';
import styles from './FleetTable.module.css';

export interface FleetTotalsRowProps {
  totals: Totals;
  filtered: boolean;
  histories: Histories;
  fleetP95: Float64Array | null;
  newestP95: number | null;
}

/** All agents (or those that the filter leaves) as one row: sums, means, and p95 over every request. */
export function FleetTotalsRow(props: FleetTotalsRowProps): ReactNode {
  const { totals, filtered, histories, fleetP95, newestP95 } = props;
  const history = histories.get(ALL_AGENTS);
  const gpus = totals.gpu_count > 0 ? `${totals.gpu_count} GPU${totals.gpu_count === 1 ? '' : 's'}` : null;
  const who = filtered ? 'the agents shown' : 'all agents';
  return (
    <tr className={styles.totals} data-agent-totals="">
      <th scope="row" className={styles.name}>
        {filtered ? `${totals.agents} agents shown` : `All ${totals.agents} agents`}
        {gpus !== null && <span className={styles.host}>{gpus}</span>}
      </th>
      <td className={styles.status}>
        <span>{formatText(totals.requests_today, 'count')}</span>
        <span className={styles.since}>req today</span>
      </td>
      {FLEET_COLUMNS.map((column) => (
        <MetricCell
          key={column.id}
          column={column}
          who={who}
          value={column.id === 'latency' ? newestP95 : column.total(totals)}
          history={column.history === FLEET_P95 ? fleetP95 : (history?.get(column.history) ?? null)}
        />
      ))}
      <td className={styles.wide} />
    </tr>
  );
}
