import type { ReactNode } from 'react';
import { QuantityText } from '../../components/QuantityText';
import tables from '../../components/Table.module.css';
import type { System } from '../../services/types';
import { useNow } from '../../state/clock';
import { formatAgo, formatQuantity } from '../../utils/format';
import styles from './Health.module.css';

export interface SlowRequestsProps {
  requests: System['slow_requests'];
}

/** Further down nothing is slow. */
const MOST_ROWS = 10;

/** A query as people read it. */
function readable(query: string): string {
  try {
    return decodeURIComponent(query.replaceAll('+', ' ')).replaceAll('&', ' ');
  } catch {
    // A percent sign that encodes nothing: as it came.
    return query;
  }
}

/** What db-api took longest for in the last hour. */
export function SlowRequests({ requests }: SlowRequestsProps): ReactNode {
  const nowMs = useNow();
  return (
    <section className={styles.section} aria-labelledby="slow-title">
      <div className={styles.head}>
        <h2 id="slow-title" className={styles.title}>
          Slowest questions
        </h2>
        <span className={styles.note}>
          Of the last hour, to this db-api. Streams and exports do not count.
        </span>
      </div>
      {requests.length === 0 ? (
        <p className={styles.none}>Nothing was asked.</p>
      ) : (
        <table className={tables.table}>
          <caption className="visually-hidden">The slowest requests of the last hour</caption>
          <thead>
            <tr>
              <th scope="col" className={`${tables.number} ${styles.took}`}>
                Took
              </th>
              <th scope="col">Question</th>
              <th scope="col" className={tables.number}>
                Answer
              </th>
              <th scope="col" className={tables.number}>
                When
              </th>
            </tr>
          </thead>
          <tbody>
            {requests.slice(0, MOST_ROWS).map((request) => (
              <tr
                key={`${request.at} ${request.route} ${request.query}`}
                className={`${tables.row} ${styles.tall}`}
              >
                <th scope="row" className={tables.number}>
                  <QuantityText quantity={formatQuantity(request.duration_ms, 'ms')} />
                </th>
                <td className={styles.question}>
                  {request.route} <span className={styles.query}>{readable(request.query)}</span>
                </td>
                <td className={tables.number}>{request.status}</td>
                <td className={tables.number}>{formatAgo(request.at, nowMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
