import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { AgeText } from '../AgeText';
import { StatusLight } from '../../components/StatusLight';
import tables from '../../components/Table.module.css';
import type { Agent } from '../../services/types';
import { agentPath, withRange } from '../../state/urlState';
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
}

/** A row changes with its agent; its ages change on their own. */
function FleetRowView(props: FleetRowProps): ReactNode {
  const { agent, columns, history, sparks, range } = props;
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
        <span className={styles.since}>
          <AgeText time={agent.since} />
        </span>
      </td>
      {columns.map((column) => (
        <MetricCell
          key={column.id}
          column={column}
          who={agent.name}
          value={column.value(agent)}
          history={history?.get(column.history) ?? null}
          drawn={sparks.has(column.spark)}
        />
      ))}
      <td className={`${tables.number} ${styles.wide} ${tables.faint}`}>
        <AgeText time={agent.last_seen} />
      </td>
    </tr>
  );
}

export const FleetRow = memo(FleetRowView);
