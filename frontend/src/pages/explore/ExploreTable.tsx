import { useMemo, type CSSProperties, type ReactNode } from 'react';
import { Link } from 'wouter';
import { QuantityText } from '../../components/QuantityText';
import { hueVariable } from '../../design/hues';
import type { ExploreAnswer } from '../../services/explore';
import { agentPath, withRange } from '../../state/urlState';
import { formatLength, formatQuantity } from '../../utils/format';
import { resolveRange } from '../../utils/range';
import { metricName, type Metric } from './exploreMetrics';
import { groupWord, NO_GROUPS } from './exploreQuestion';
import { changeText, prepareExploreRows, type ExploreCell, type ExploreRow } from './exploreTable';
import styles from './ExploreTable.module.css';

export interface ExploreTableProps {
  answer: ExploreAnswer;
  metrics: readonly Metric[];
  nowMs: number;
}

/** The range as one number for each group and metric, and how it compares. */
export function ExploreTable({ answer, metrics, nowMs }: ExploreTableProps): ReactNode {
  const rows = useMemo(() => prepareExploreRows(answer, metrics), [answer, metrics]);
  const { start, end, groupBy, previous } = answer.question;
  if (rows.length === 0) return null;
  const { startMs, endMs } = resolveRange({ start, end }, nowMs);
  return (
    <section className={styles.section} aria-labelledby="explore-table">
      <h2 id="explore-table" className={styles.title}>
        Over the range
      </h2>
      <p className={styles.note}>
        Sums are added up; of averages and percentiles it is the mean of the buckets.
        {rows.some(({ group }) => group.other) && ` ${leadersText(rows, metrics)}`}
        {previous && ` The change is against the ${formatLength(endMs - startMs)} before.`}
      </p>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{groupBy === NO_GROUPS ? 'agents' : groupWord(groupBy)}</th>
              {metrics.map((metric) => (
                <th key={metric.text} scope="col" className={styles.number}>
                  {metricName(metric)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.group.key}
                row={row}
                alone={rows.length === 1}
                compared={previous}
                href={
                  groupBy === 'agent' && !row.group.other
                    ? withRange(agentPath(row.group.name), { start, end })
                    : null
                }
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Which groups have lines of their own. */
function leadersText(rows: readonly ExploreRow[], metrics: readonly Metric[]): string {
  const [first] = metrics;
  const own = rows.length - 1;
  return first ? `These are the ${own} greatest by ${metricName(first)}; all others are one.` : '';
}

interface RowProps {
  row: ExploreRow;
  /** Then each chart has the hue of its metric. */
  alone: boolean;
  compared: boolean;
  /** Of an agent its page. */
  href: string | null;
}

function Row({ row, alone, compared, href }: RowProps): ReactNode {
  const { group, cells } = row;
  return (
    <tr className={styles.row} data-explore-row={group.name}>
      <th scope="row" className={styles.name}>
        {!alone && (
          <span
            className={styles.swatch}
            style={{ '--hue': hueVariable(group.hue) } as CSSProperties}
            aria-hidden="true"
          />
        )}
        {href === null ? group.name : <Link href={href}>{group.name}</Link>}
      </th>
      {cells.map((cell) => (
        <Cell key={cell.metric} cell={cell} compared={compared} />
      ))}
    </tr>
  );
}

function Cell({ cell, compared }: { cell: ExploreCell; compared: boolean }): ReactNode {
  return (
    <td className={styles.number}>
      <QuantityText quantity={formatQuantity(cell.value, cell.unit)} />
      {compared && <span className={styles.change}>{changeText(cell)}</span>}
    </td>
  );
}
