import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import { Segmented } from '../../components/Segmented';
import tables from '../../components/Table.module.css';
import type { Rejection } from '../../services/types';
import { useNow } from '../../state/clock';
import { useRejections } from '../../state/system';
import { agentPath, useViewParams } from '../../state/urlState';
import { formatAgo, formatText, NOT_MEASURED } from '../../utils/format';
import { readSince, refusedKey, refusedName, SINCES, USUAL_SINCE } from './rejectionRows';
import styles from './Health.module.css';

const PAGE_SIZE = 50;

/** What was refused on the way in, so that a misconfigured agent is found. */
export function Rejections(): ReactNode {
  const { params, change } = useViewParams();
  const since = readSince(params);
  const agent = params.get('agent');
  return (
    <section className={styles.section} aria-labelledby="refused-title">
      <div className={styles.head}>
        <h2 id="refused-title" className={styles.title}>
          Refused
        </h2>
        <Segmented
          label="Since when"
          options={SINCES}
          value={since}
          onChange={(next) => change({ since: next === USUAL_SINCE ? null : next }, 'replace')}
        />
        {agent !== null && (
          <Button look="quiet" onClick={() => change({ agent: null }, 'push')}>
            Only {refusedName({ agent, subject: 'record' })} <span aria-hidden="true">×</span>
            <span className="visually-hidden">, show all</span>
          </Button>
        )}
      </div>
      <RejectionList since={since} agent={agent} />
    </section>
  );
}

interface RejectionListProps {
  since: string;
  agent: string | null;
}

function RejectionList({ since, agent }: RejectionListProps): ReactNode {
  const rejections = useRejections({ agent, start: `now-${since}`, limit: PAGE_SIZE });
  if (rejections.isPending) return <Placeholder label="Loading what was refused" rows={4} />;
  if (rejections.data === undefined) {
    return (
      <ErrorState
        title="What was refused cannot be shown"
        detail={rejections.error.message}
        onRetry={() => rejections.refetch()}
      />
    );
  }
  const rows = rejections.data.pages.flatMap((page) => page.rejections);
  return (
    <>
      {rejections.isError && (
        <p className={styles.problem} role="alert">
          Not current: {rejections.error.message}
        </p>
      )}
      {rows.length === 0 ? (
        <p className={styles.none}>Nothing was refused in this time.</p>
      ) : (
        <RejectionTable rows={rows} />
      )}
      {rejections.hasNextPage && (
        <div className={styles.end}>
          <Button disabled={rejections.isFetchingNextPage} onClick={() => void rejections.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function RejectionTable({ rows }: { rows: readonly Rejection[] }): ReactNode {
  return (
    <table className={tables.table}>
      <caption className="visually-hidden">What was refused, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Agent</th>
          <th scope="col">Why</th>
          <th scope="col" className={styles.wide}>
            Key
          </th>
          <th scope="col" className={styles.wide}>
            From
          </th>
          <th scope="col" className={tables.number}>
            Times
          </th>
          <th scope="col" className={tables.number}>
            Last
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <RejectionRow key={refusedKey(row)} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function RejectionRow({ row }: { row: Rejection }): ReactNode {
  const nowMs = useNow();
  const name = refusedName(row);
  return (
    <tr className={`${tables.row} ${styles.tall}`} data-refused={row.agent}>
      <th scope="row">
        {row.agent_id === null ? name : <Link href={agentPath(row.agent)}>{name}</Link>}
        {row.agent !== '' && row.agent_id === null && <span className={tables.detail}>not registered</span>}
      </th>
      <td className={styles.why}>
        {row.reason}
        <span className={styles.code}>
          {row.code}
          {row.subject === 'event' && ', an event'}
        </span>
      </td>
      <td className={styles.wide}>{row.key ?? NOT_MEASURED}</td>
      <td className={styles.wide}>{row.address}</td>
      <td className={tables.number}>{formatText(row.count, 'count')}</td>
      <td className={tables.number}>{formatAgo(row.last, nowMs)}</td>
    </tr>
  );
}
