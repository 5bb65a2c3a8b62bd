import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import { ApiError } from '../../services/http';
import type { Key } from '../../services/types';
import { useNow } from '../../state/clock';
import { useKeys, useRevokeKey } from '../../state/keys';
import { CONNECT_PATH } from '../../state/urlState';
import { formatStart } from '../../utils/timeText';
import { NewKeyForm } from './NewKeyForm';
import styles from './Settings.module.css';

/** The keys of programs: make one, see who made which, revoke one. For admins. */
export function KeysPart(): ReactNode {
  const keys = useKeys();
  if (keys.isPending) return <Placeholder label="Loading the keys" rows={8} />;
  if (keys.data === undefined) {
    if (keys.error instanceof ApiError && keys.error.status === 403) {
      return (
        <EmptyState title="Keys are for admins">
          <p>Ask an admin for a key, or for the role.</p>
        </EmptyState>
      );
    }
    return (
      <ErrorState
        title="The keys cannot be shown"
        detail={keys.error.message}
        onRetry={() => void keys.refetch()}
      />
    );
  }
  const rows = keys.data.pages.flatMap((page) => page.keys);
  return (
    <>
      <NewKeyForm />
      {rows.length === 0 ? (
        <EmptyState title="There is no key yet">
          <p>A program needs one to send or read.</p>
          <Link href={CONNECT_PATH}>Connect an agent</Link>
        </EmptyState>
      ) : (
        <KeyTable keys={rows} />
      )}
      {keys.hasNextPage && (
        <Button disabled={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function KeyTable({ keys }: { keys: readonly Key[] }): ReactNode {
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption className="visually-hidden">Keys</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Scope</th>
            <th scope="col">Writes for</th>
            <th scope="col">Made</th>
            <th scope="col">Expires</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.key_id} apiKey={key} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function writesFor(key: Key): string {
  if (key.scope === 'read') return '–';
  return key.agents.length === 0 ? 'every agent' : key.agents.join(', ');
}

function KeyRow({ apiKey }: { apiKey: Key }): ReactNode {
  const nowMs = useNow();
  const moment = (text: string): string => formatStart(Date.parse(text), nowMs);
  return (
    <tr className={apiKey.state === 'active' ? styles.row : `${styles.row} ${styles.over}`}>
      <th scope="row">{apiKey.name}</th>
      <td>{apiKey.scope}</td>
      <td className={styles.wide}>{writesFor(apiKey)}</td>
      <td>
        {moment(apiKey.created_at)} by {apiKey.created_by}
      </td>
      <td>{apiKey.expires_at === null ? 'never' : moment(apiKey.expires_at)}</td>
      <td>
        {apiKey.state === 'active' ? (
          <Revoke apiKey={apiKey} />
        ) : apiKey.revoked_at === null ? (
          'expired'
        ) : (
          `revoked ${moment(apiKey.revoked_at)} by ${apiKey.revoked_by ?? 'the server'}`
        )}
      </td>
    </tr>
  );
}

/** Two clicks: what uses the key stops within two seconds, for good. */
function Revoke({ apiKey }: { apiKey: Key }): ReactNode {
  const [asked, setAsked] = useState(false);
  const revoke = useRevokeKey();
  if (!asked) {
    return (
      <Button look="quiet" aria-label={`Revoke ${apiKey.name}`} onClick={() => setAsked(true)}>
        Revoke
      </Button>
    );
  }
  return (
    <div className={styles.confirm} role="group" aria-label={`Revoke ${apiKey.name}?`}>
      {revoke.isError ? (
        <span className={styles.problem} role="alert">
          {revoke.error.message}
        </span>
      ) : (
        <span>Refuse it for good?</span>
      )}
      <Button autoFocus disabled={revoke.isPending} onClick={() => revoke.mutate(apiKey.key_id)}>
        Yes, revoke
      </Button>
      <Button look="quiet" onClick={() => setAsked(false)}>
        Keep it
      </Button>
    </div>
  );
}
