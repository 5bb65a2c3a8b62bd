import { useMemo, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import { QuantityText } from '../../components/QuantityText';
import { Segmented } from '../../components/Segmented';
import tables from '../../components/Table.module.css';
import { Toggle } from '../../components/Toggle';
import type { WindowQuestion } from '../../services/changes';
import type { RequestQuestion } from '../../services/requests';
import { useNow } from '../../state/clock';
import { useViewParams } from '../../state/urlState';
import { useRequests } from '../../state/useLook';
import { formatQuantity, formatText, NOT_MEASURED, type Unit } from '../../utils/format';
import { formatMoment } from '../../utils/timeText';
import {
  prepareRequestRows,
  readRequestChoice,
  requestChanges,
  REQUEST_ORDERS,
  type RequestChoice,
  type RequestRow,
} from './requestRows';
import styles from './LookTable.module.css';

export interface RequestTableProps {
  question: WindowQuestion;
}

/** The very requests of the window, page by page, in the order that the address names. */
export function RequestTable({ question }: RequestTableProps): ReactNode {
  const { params, change } = useViewParams();
  const choice = readRequestChoice(params);
  const choose = (part: Partial<RequestChoice>): void =>
    change(requestChanges({ ...choice, ...part }), 'replace');
  return (
    <>
      <div className={styles.controls}>
        <Segmented
          label="Order of the requests"
          options={REQUEST_ORDERS}
          value={choice.order}
          onChange={(order) => choose({ order })}
        />
        <Toggle
          on={choice.failed}
          title="Only requests that failed"
          onChange={(failed) => choose({ failed })}
        >
          Failed only
        </Toggle>
      </div>
      <RequestPages question={{ ...question, ...choice }} />
    </>
  );
}

function RequestPages({ question }: { question: RequestQuestion }): ReactNode {
  const requests = useRequests(question);
  const pages = requests.data?.pages;
  const rows = useMemo(() => prepareRequestRows((pages ?? []).flatMap((page) => page.records)), [pages]);
  if (requests.isPending) return <Placeholder label="Loading the requests" rows={8} />;
  if (requests.data === undefined) {
    return (
      <ErrorState
        title="The requests cannot be shown"
        detail={requests.error.message}
        onRetry={() => requests.refetch()}
      />
    );
  }
  return (
    <>
      {rows.length > 0 && <RequestRows rows={rows} named={question.agents.length !== 1} />}
      <div className={styles.end}>
        {requests.isError && (
          <span className={styles.problem} role="alert">
            More cannot be read: {requests.error.message}
          </span>
        )}
        {requests.hasNextPage && (
          <Button disabled={requests.isFetchingNextPage} onClick={() => void requests.fetchNextPage()}>
            {requests.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </Button>
        )}
        <span className={styles.note} role="status">
          {countWords(rows.length, requests.hasNextPage, question)}
        </span>
      </div>
    </>
  );
}

/** How many there are; those that an order cannot place are not among them, and that is said. */
function countWords(count: number, more: boolean, { order, failed }: RequestQuestion): string {
  const which = failed ? ' failed' : '';
  const measured = { newest: '', slowest: ' with a latency', dearest: ' with a cost' }[order];
  if (count === 0) return `No${which} requests${measured} in this window.`;
  const shown = `${formatText(count, 'count')}${which} request${count === 1 ? '' : 's'}${measured}`;
  return more ? `The ${order} ${shown}.` : `${shown}, all of the window.`;
}

interface RequestRowsProps {
  rows: readonly RequestRow[];
  /** Whether rows tell their agent: where it is always the same one they need not. */
  named: boolean;
}

function RequestRows({ rows, named }: RequestRowsProps): ReactNode {
  const nowMs = useNow();
  return (
    <div className={tables.scroll}>
      <table className={tables.table}>
        <caption className="visually-hidden">Requests of the window</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {named && <th scope="col">Agent</th>}
            <th scope="col" className={tables.number}>
              Latency
            </th>
            <th scope="col" className={tables.number}>
              First token
            </th>
            <th scope="col">Model</th>
            <th scope="col" className={tables.number}>
              Tokens in / out
            </th>
            <th scope="col" className={tables.number}>
              Cost
            </th>
            <th scope="col">Error</th>
            <th scope="col">Trace</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} nowMs={nowMs} named={named} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: RequestRow;
  nowMs: number;
  named: boolean;
}

function Row({ row, nowMs, named }: RowProps): ReactNode {
  return (
    <tr className={tables.row} data-request={row.timeMs}>
      <td className={styles.time}>
        {formatMoment(row.timeMs, nowMs)}
        {row.count > 1 && <span className={tables.detail}>× {formatText(row.count, 'count')}</span>}
      </td>
      {named && <td className={styles.model}>{row.agent}</td>}
      <Figure value={row.latency} unit="ms" />
      <Figure value={row.ttft} unit="ms" />
      <td className={styles.model}>{row.model ?? NOT_MEASURED}</td>
      <td className={tables.number}>
        {formatText(row.input, 'tokens')} / {formatText(row.output, 'tokens')}
      </td>
      {row.unpriced ? (
        <td className={`${tables.number} ${tables.faint}`} title="No price is known for this model">
          no price
        </td>
      ) : (
        <Figure value={row.cost} unit="USD" />
      )}
      <td className={row.failed ? styles.failed : tables.faint}>
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
    <td className={tables.number}>
      <QuantityText quantity={formatQuantity(value, unit)} />
    </td>
  );
}
