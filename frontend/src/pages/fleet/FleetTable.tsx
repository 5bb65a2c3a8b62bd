import { useMemo, useState, type ReactNode } from 'react';
import { SortHeader } from '../../components/SortHeader';
import type { Agent, Totals } from '../../services/types';
import { useNow } from '../../state/clock';
import { useRange, useViewParams } from '../../state/urlState';
import { directionOf, nextSort, writeSort, type Sort } from '../../utils/sort';
import { FLEET_COLUMNS } from './fleetColumns';
import { FleetRow } from './FleetRow';
import { DEFAULT_SORT, holdOrder, isNumeric, readSort, sortAgents, type Histories } from './fleetRows';
import { FleetTotalsRow } from './FleetTotalsRow';
import { useVisibleRows } from './useVisibleRows';
import styles from './FleetTable.module.css';

export interface FleetTableProps {
  agents: readonly Agent[];
  totals: Totals;
  filtered: boolean;
  histories: Histories;
  fleetP95: Float64Array | null;
  newestP95: number | null;
}

/** Rows in the order of the address; held still while the pointer is over them. */
function useRows(agents: readonly Agent[]) {
  const { params, change } = useViewParams();
  const sort = useMemo(() => readSort(params), [params]);
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const sorted = useMemo(() => sortAgents(agents, sort), [agents, sort]);
  const rows = useMemo(() => (held ? holdOrder(agents, held) : sorted), [agents, held, sorted]);
  const sortBy = (column: string): void => {
    setHeld(null);
    change({ sort: writeSort(nextSort(sort, column, isNumeric(column)), DEFAULT_SORT) }, 'replace');
  };
  const hold = (): void => setHeld(rows.map((agent) => agent.agent_id));
  const release = (): void => setHeld(null);
  return { rows, sort, sortBy, hold, release };
}

export function FleetTable(props: FleetTableProps): ReactNode {
  const { agents, totals, filtered, histories, fleetP95, newestP95 } = props;
  const { rows, sort, sortBy, hold, release } = useRows(agents);
  const { range } = useRange();
  const nowMs = useNow();
  const { from, to, rowHeight, ref } = useVisibleRows(rows.length);
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Agents with their status and newest values</caption>
      <thead>
        <tr>
          <FleetHeads sort={sort} onSort={sortBy} />
        </tr>
      </thead>
      <tbody>
        <FleetTotalsRow
          totals={totals}
          filtered={filtered}
          histories={histories}
          fleetP95={fleetP95}
          newestP95={newestP95}
        />
      </tbody>
      <tbody ref={ref} onPointerEnter={hold} onPointerLeave={release}>
        {from > 0 && <tr aria-hidden="true" style={{ height: from * rowHeight }} />}
        {rows.slice(from, to).map((agent) => (
          <FleetRow
            key={agent.agent_id}
            agent={agent}
            history={histories.get(agent.agent_id)}
            range={range}
            nowMs={nowMs}
          />
        ))}
        {to < rows.length && <tr aria-hidden="true" style={{ height: (rows.length - to) * rowHeight }} />}
        {rows.length === 0 && (
          <tr>
            <td className={styles.none} colSpan={FLEET_COLUMNS.length + 3}>
              No agent matches the filter.
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

interface FleetHeadsProps {
  sort: Sort;
  onSort: (column: string) => void;
}

function FleetHeads({ sort, onSort }: FleetHeadsProps): ReactNode {
  const head = (
    column: string,
    title: string,
    hint: string,
    numeric: boolean,
    className?: string,
  ): ReactNode => (
    <SortHeader
      key={column}
      title={title}
      hint={hint}
      direction={directionOf(sort, column)}
      numeric={numeric}
      className={className}
      onSort={() => onSort(column)}
    />
  );
  return (
    <>
      {head('name', 'Agent', 'By name', false)}
      {head('status', 'Status', 'What needs attention first', false)}
      {FLEET_COLUMNS.map((column) => head(column.id, column.title, column.hint, true))}
      {head('seen', 'Seen', 'Age of the newest record', true, styles.wide)}
    </>
  );
}
