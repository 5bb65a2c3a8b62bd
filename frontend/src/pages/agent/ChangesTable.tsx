import { useMemo, type ReactNode } from 'react';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import tables from '../../components/Table.module.css';
import type { WindowQuestion } from '../../services/changes';
import type { Changes } from '../../services/types';
import { useNow } from '../../state/clock';
import { useChanges } from '../../state/useLook';
import { formatSpan } from '../../utils/timeText';
import { prepareChangeRows, type ChangeRow } from './changeRows';
import styles from './LookTable.module.css';

export interface ChangesTableProps {
  question: WindowQuestion;
}

/** What moved in the window, the most striking first. */
export function ChangesTable({ question }: ChangesTableProps): ReactNode {
  const changes = useChanges(question);
  if (changes.isPending) return <Placeholder label="Loading what changed" rows={6} />;
  if (changes.data === undefined) {
    return (
      <ErrorState
        title="What changed cannot be shown"
        detail={changes.error.message}
        onRetry={() => changes.refetch()}
      />
    );
  }
  return <ChangeList changes={changes.data} named={question.agents.length !== 1} />;
}

interface ChangeListProps {
  changes: Changes;
  /** Whether rows tell their agent: where it is always the same one they need not. */
  named: boolean;
}

function ChangeList({ changes, named }: ChangeListProps): ReactNode {
  const nowMs = useNow();
  const rows = useMemo(() => prepareChangeRows(changes.changes, changes.step_s * 1000), [changes]);
  const span = (range: Changes['window']): string =>
    formatSpan(Date.parse(range.start), Date.parse(range.end), nowMs);
  if (rows.length === 0) {
    return (
      <p className={styles.note} data-nothing="">
        Nothing moved in {span(changes.window)}, compared with {span(changes.before)}.
      </p>
    );
  }
  return (
    <>
      <p className={styles.note}>
        {span(changes.window)} compared with {span(changes.before)}. What is most unusual comes first.
      </p>
      <table className={`${tables.table} ${styles.changes}`}>
        <thead>
          <tr>
            <th scope="col">What</th>
            {named && <th scope="col">Agent</th>}
            <th scope="col" className={tables.number}>
              Before
            </th>
            <th scope="col" className={tables.number}>
              In the window
            </th>
            <th scope="col" className={tables.number}>
              Change
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} named={named} />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface RowProps {
  row: ChangeRow;
  named: boolean;
}

function Row({ row, named }: RowProps): ReactNode {
  return (
    <tr className={tables.row} data-change={row.what}>
      <th scope="row">{row.what}</th>
      {named && <td className={styles.agent}>{row.agent}</td>}
      <td className={tables.number}>{row.before}</td>
      <td className={tables.number}>{row.during}</td>
      <td className={`${tables.number} ${styles.moved}`}>
        <span aria-hidden="true">{row.rose ? '↑' : '↓'}</span> {row.change}
      </td>
    </tr>
  );
}
