import { useMemo, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import { QuantityText } from '../../components/QuantityText';
import { SortHeader } from '../../components/SortHeader';
import type { WindowQuestion } from '../../services/changes';
import { useNow } from '../../state/clock';
import { useViewParams } from '../../state/urlState';
import { useRecords } from '../../state/useLook';
import { formatQuantity, formatText, NOT_MEASURED, type Unit } from '../../utils/format';
import { directionOf, nextSort, writeSort } from '../../utils/sort';
import { formatMoment } from '../../utils/timeText';
import {
  prepareRequestRows,
  readRequestSort,
  REQUEST_COLUMNS,
  REQUEST_SORT,
  sortRequestRows,
  type RequestRow,
} from './requestRows';
import styles from './LookTable.module.css';

export interface RequestTableProps {
  question: WindowQuestion;
}

/** The very requests of the window, newest first, page by page. */
export function RequestTable({ question }: RequestTableProps): ReactNode {
  const records = useRecords(question);
  const { params } = useViewParams();
  const sort = useMemo(() => readRequestSort(params), [params]);
  const pages = records.data?.pages;
  const rows = useMemo(() => prepareRequestRows((pages ?? []).flatMap((page) => page.records)), [pages]);
  const sorted = useMemo(() => sortRequestRows(rows, sort), [rows, sort]);
  if (records.isPending) return <Placeholder label="Loading the requests" rows={8} />;
  if (records.data === undefined) {
    return (
      <ErrorState
        title="The requests cannot be shown"
        detail={records.error.message}
        onRetry={() => void records.refetch()}
      />
    );
  }
  return (
    <>
      <RequestRows rows={sorted} />
      <div className={styles.end}>
        {records.isError && (
          <span className={styles.problem} role="alert">
            Older ones cannot be read: {records.error.message}
          </span>
        )}
        {records.hasNextPage && (
          <Button disabled={records.isFetchingNextPage} onClick={() => void records.fetchNextPage()}>
            {records.isFetchingNextPage ? 'Loading…' : 'Show older'}
          </Button>
        )}
        <span className={styles.note} role="status">
          {countWords(rows.length, records.hasNextPage)}
        </span>
      </div>
    </>
  );
}

function countWords(count: number, more: boolean): string {
  if (count === 0)
    return more ? 'No requests in the newest part of the window.' : 'No requests in this window.';
  const shown = `${formatText(count, 'count')} record${count === 1 ? '' : 's'}`;
  return more ? `The newest ${shown}; sorting is among these.` : `${shown}, all of the window.`;
}

interface RequestRowsProps {
  rows: readonly RequestRow[];
}

function RequestRows({ rows }: RequestRowsProps): ReactNode {
  const { params, change } = useViewParams();
  const sort = readRequestSort(params);
  const nowMs = useNow();
  if (rows.length === 0) return null;
  return (
    <div className={styles.scroll}>
      <table className={styles.requests}>
        <caption className="visually-hidden">Requests of the window</caption>
        <thead>
          <tr>
            {REQUEST_COLUMNS.map((column) => (
              <SortHeader
                key={column.id}
                title={column.title}
                hint={column.hint}
                direction={directionOf(sort, column.id)}
                numeric={column.numeric && column.id !== 'time' && column.id !== 'error'}
                onSort={() =>
                  change(
                    { rsort: writeSort(nextSort(sort, column.id, column.numeric), REQUEST_SORT) },
                    'replace',
                  )
                }
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: RequestRow;
  nowMs: number;
}

function Row({ row, nowMs }: RowProps): ReactNode {
  return (
    <tr className={styles.row} data-request={row.timeMs}>
      <td className={styles.time}>
        {formatMoment(row.timeMs, nowMs)}
        {row.count > 1 && <span className={styles.count}>× {formatText(row.count, 'count')}</span>}
      </td>
      <Figure value={row.latency} unit="ms" />
      <Figure value={row.ttft} unit="ms" />
      <td className={styles.model}>{row.model ?? NOT_MEASURED}</td>
      <td className={styles.number}>
        {formatText(row.input, 'tokens')} / {formatText(row.output, 'tokens')}
      </td>
      {row.unpriced ? (
        <td className={`${styles.number} ${styles.faint}`} title="No price is known for this model">
          no price
        </td>
      ) : (
        <Figure value={row.cost} unit="USD" />
      )}
      <td className={row.failed ? styles.failed : styles.faint}>
        {row.failed ? `✕ ${row.error === '' ? 'failed' : row.error}` : ''}
      </td>
      <td className={styles.trace} title={row.trace ?? undefined}>
        {row.trace ?? NOT_MEASURED}
      </td>
    </tr>
  );
}

interface FigureProps {
  value: number | null;
  unit: Unit;
}

function Figure({ value, unit }: FigureProps): ReactNode {
  return (
    <td className={styles.number}>
      <QuantityText quantity={formatQuantity(value, unit)} />
    </td>
  );
}
