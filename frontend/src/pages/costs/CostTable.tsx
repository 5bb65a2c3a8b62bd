import { useMemo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Sparkline } from '../../charts/draw/Sparkline';
import { COST } from '../../charts/prepare/metricCatalog';
import { QuantityText } from '../../components/QuantityText';
import { SortHeader } from '../../components/SortHeader';
import tables from '../../components/Table.module.css';
import type { CostGrouping } from '../../services/costs';
import { agentPath, useViewParams, withRange } from '../../state/urlState';
import { formatQuantity, formatText, type Unit } from '../../utils/format';
import type { RangeText } from '../../utils/range';
import { directionOf, nextSort, writeSort, type Sort } from '../../utils/sort';
import { COST_COLUMNS, COST_SORT, type CostRow } from './costRows';
import styles from './CostTable.module.css';

export interface CostTableProps {
  rows: readonly CostRow[];
  /** All of them as one. */
  total: CostRow;
  sort: Sort;
  groupBy: CostGrouping;
  range: RangeText;
}

const HEADS: Record<CostGrouping, string> = { agent: 'Agent', model: 'Model', provider: 'Provider' };
/** A fleet of thousands is read from its top; the export has all. */
const MOST_ROWS = 200;

/** Who or what costs most, by any column. */
export function CostTable({ rows, total, sort, groupBy, range }: CostTableProps): ReactNode {
  const { change } = useViewParams();
  const shown = useMemo(() => rows.slice(0, MOST_ROWS), [rows]);
  return (
    <>
      <table className={`${tables.table} ${tables.leading} ${styles.costs}`}>
        <caption className="visually-hidden">Costs by {groupBy}</caption>
        <thead>
          <tr>
            {COST_COLUMNS.map((column) => (
              <SortHeader
                key={column.id}
                title={column.id === 'name' ? HEADS[groupBy] : column.title}
                hint={column.hint}
                direction={directionOf(sort, column.id)}
                numeric={column.numeric}
                className={styles[column.id]}
                onSort={() =>
                  change({ sort: writeSort(nextSort(sort, column.id, column.numeric), COST_SORT) }, 'replace')
                }
              />
            ))}
            <th scope="col" className={`${tables.number} ${styles.trend}`}>
              Trend
            </th>
          </tr>
        </thead>
        <tbody>
          <Row row={total} range={range} isTotal />
        </tbody>
        <tbody>
          {shown.map((row) => (
            <Row key={row.key} row={row} range={range} />
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && (
        <p className={styles.more}>
          {rows.length - MOST_ROWS} more are in the export. Sort by another column, or choose agents.
        </p>
      )}
    </>
  );
}

interface RowProps {
  row: CostRow;
  range: RangeText;
  isTotal?: boolean;
}

function Row({ row, range, isTotal = false }: RowProps): ReactNode {
  return (
    <tr className={isTotal ? tables.total : tables.row} data-cost-row={isTotal ? undefined : row.name}>
      <th scope="row">
        {row.agent === null ? (
          row.name
        ) : (
          <Link href={withRange(agentPath(row.agent), range)} className={tables.link}>
            {row.name}
          </Link>
        )}
        {row.detail !== null && <span className={tables.detail}>{row.detail}</span>}
        {row.unpriced > 0 && (
          <span className={tables.detail}>{formatText(row.unpriced, 'count')} without a price</span>
        )}
      </th>
      <Figure value={row.cost} unit="USD" column="cost" />
      <Figure value={row.share} unit="%" column="share" />
      <Figure value={row.requests} unit="count" column="requests" />
      <Figure value={row.each} unit="USD" column="each" />
      <Figure value={row.tokens} unit="tokens" column="tokens" />
      <Figure value={row.cached} unit="%" column="cached" />
      <Figure value={row.saved} unit="USD" column="saved" />
      <td className={styles.trend}>
        <Sparkline
          values={row.history}
          hue={COST.hue}
          kind="bars"
          width={120}
          label={`Cost of ${row.name} over the range`}
        />
      </td>
    </tr>
  );
}

interface FigureProps {
  value: number | null;
  unit: Unit;
  column: string;
}

function Figure({ value, unit, column }: FigureProps): ReactNode {
  return (
    <td className={`${tables.number} ${styles[column] ?? ''}`}>
      <QuantityText quantity={formatQuantity(value, unit)} />
    </td>
  );
}
