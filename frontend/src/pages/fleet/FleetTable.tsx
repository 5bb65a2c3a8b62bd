import { useMemo, useState, type ReactNode } from 'react';
import { SortHeader } from '../../components/SortHeader';
import { StatusLight } from '../../components/StatusLight';
import tables from '../../components/Table.module.css';
import type { Agent, Totals } from '../../services/types';
import { useRange, useViewParams } from '../../state/urlState';
import { formatText } from '../../utils/format';
import { directionOf, nextSort, writeSort, type Sort } from '../../utils/sort';
import type { FleetColumn } from './fleetColumns';
import { FleetRow } from './FleetRow';
import { groupAgents, linesOf, type FleetLine } from './fleetGroups';
import {
  ALL_AGENTS,
  DEFAULT_SORT,
  holdOrder,
  isNumeric,
  readSort,
  sortAgents,
  type Histories,
} from './fleetRows';
import { FleetTotalsRow } from './FleetTotalsRow';
import { useSparks, type Spark } from './useSparks';
import { useVisibleRows } from './useVisibleRows';
import styles from './FleetTable.module.css';

export interface FleetTableProps {
  agents: readonly Agent[];
  totals: Totals;
  filtered: boolean;
  columns: readonly FleetColumn[];
  histories: Histories;
  /** The label whose values make groups; null for none. */
  groupBy: string | null;
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
  const { agents, totals, filtered, columns, histories, groupBy, fleetP95, newestP95 } = props;
  const { rows, sort, sortBy, hold, release } = useRows(agents);
  const lines = useMemo(
    () => linesOf(rows, groupBy === null ? null : groupAgents(rows, groupBy, sort, histories)),
    [rows, groupBy, sort, histories],
  );
  const { from, to, rowHeight, ref } = useVisibleRows(lines.length);
  const sparks = useSparks();
  return (
    <table className={`${tables.table} ${tables.leading} ${styles.fleet}`}>
      <caption className="visually-hidden">Agents with their status and newest values</caption>
      <thead>
        <tr>
          <FleetHeads columns={columns} sort={sort} onSort={sortBy} />
        </tr>
      </thead>
      <tbody>
        <FleetTotalsRow
          kind="totals"
          title={filtered ? `${totals.agents} agents shown` : `All ${totals.agents} agents`}
          detail={gpuText(totals)}
          who={filtered ? 'the agents shown' : 'all agents'}
          columns={columns}
          totals={totals}
          history={histories.get(ALL_AGENTS)}
          p95={{ history: fleetP95, newest: newestP95 }}
          sparks={sparks}
        >
          <span>{formatText(totals.requests_today, 'count')}</span>
          <span className={styles.since}>req today</span>
        </FleetTotalsRow>
      </tbody>
      <tbody ref={ref} onPointerEnter={hold} onPointerLeave={release}>
        {from > 0 && <tr aria-hidden="true" style={{ height: from * rowHeight }} />}
        <FleetLines lines={lines.slice(from, to)} columns={columns} histories={histories} sparks={sparks} />
        {to < lines.length && <tr aria-hidden="true" style={{ height: (lines.length - to) * rowHeight }} />}
        {rows.length === 0 && (
          <tr>
            <td className={tables.none} colSpan={columns.length + 3}>
              No agent matches the filter.
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function gpuText(totals: Totals): string | null {
  if (totals.gpu_count === 0) return null;
  return `${totals.gpu_count} GPU${totals.gpu_count === 1 ? '' : 's'}`;
}

interface FleetLinesProps {
  lines: readonly FleetLine[];
  columns: readonly FleetColumn[];
  histories: Histories;
  sparks: ReadonlySet<Spark>;
}

function FleetLines({ lines, columns, histories, sparks }: FleetLinesProps): ReactNode {
  const { range } = useRange();
  return lines.map((line) =>
    'agent' in line ? (
      <FleetRow
        key={line.agent.agent_id}
        agent={line.agent}
        columns={columns}
        history={histories.get(line.agent.agent_id)}
        sparks={sparks}
        range={range}
      />
    ) : (
      <FleetTotalsRow
        key={`group ${line.group.key}`}
        kind="group"
        title={line.group.name}
        detail={`${line.group.agents.length} agent${line.group.agents.length === 1 ? '' : 's'}`}
        who={`the agents of ${line.group.name}`}
        columns={columns}
        totals={line.group.totals}
        history={line.group.history}
        p95={null}
        sparks={sparks}
      >
        <StatusLight status={line.group.status} />
        {line.group.count < line.group.agents.length && (
          <span className={styles.since}>{line.group.count}</span>
        )}
      </FleetTotalsRow>
    ),
  );
}

interface FleetHeadsProps {
  columns: readonly FleetColumn[];
  sort: Sort;
  onSort: (column: string) => void;
}

function FleetHeads({ columns, sort, onSort }: FleetHeadsProps): ReactNode {
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
      {columns.map((column) => head(column.id, column.title, column.hint, true))}
      {head('seen', 'Seen', 'Age of the newest record', true, styles.wide)}
    </>
  );
}
