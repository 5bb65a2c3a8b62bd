import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { StatusLight } from '../../components/StatusLight';
import tables from '../../components/Table.module.css';
import type { Agent } from '../../services/types';
import { agentPath, withRange } from '../../state/urlState';
import { formatAge } from '../../utils/format';
import type { RangeText } from '../../utils/range';
import type { FleetColumn } from './fleetColumns';
import { MetricCell } from './MetricCell';
import type { Spark } from './useSparks';
import styles from './FleetTable.module.css';

export interface FleetRowProps {
  agent: Agent;
  columns: readonly FleetColumn[];
  history: Map<string, Float64Array> | undefined;
  sparks: ReadonlySet<Spark>;
  range: RangeText;
  nowMs: number;
}

/** The numbers change only with the agent; the ages change every second. */
const MetricCells = memo(function MetricCells({
  agent,
  columns,
  history,
  sparks,
}: Pick<FleetRowProps, 'agent' | 'columns' | 'history' | 'sparks'>) {
  return columns.map((column) => (
    <MetricCell
      key={column.id}
      column={column}
      who={agent.name}
      value={column.value(agent)}
      history={history?.get(column.history) ?? null}
      drawn={sparks.has(column.spark)}
    />
  ));
});

export function FleetRow(props: FleetRowProps): ReactNode {
  const { agent, columns, history, sparks, range, nowMs } = props;
  return (
    <tr className={tables.row} data-agent={agent.name}>
      <th scope="row">
        <Link
          href={withRange(agentPath(agent.name), range)}
          className={tables.link}
          title={agent.description}
        >
          {agent.name}
        </Link>
        {agent.host !== null && <span className={`${tables.detail} ${styles.host}`}>{agent.host}</span>}
      </th>
      <td className={styles.status} title={agent.reason}>
        <StatusLight status={agent.status} />
        <span className={styles.since}>{formatAge(agent.since, nowMs)}</span>
      </td>
      <MetricCells agent={agent} columns={columns} history={history} sparks={sparks} />
      <td className={`${tables.number} ${styles.wide} ${tables.faint}`}>
        {formatAge(agent.last_seen, nowMs)}
      </td>
    </tr>
  );
}
