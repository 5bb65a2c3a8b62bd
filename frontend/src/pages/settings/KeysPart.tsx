import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { ConfirmButton } from '../../components/ConfirmButton';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import tables from '../../components/Table.module.css';
import { ApiError } from '../../services/http';
import type { Key } from '../../services/types';
import { useNow } from '../../state/clock';
import { useKeys, useRevokeKey } from '../../state/keys';
import { CONNECT_PATH } from '../../state/urlState';
import { formatText, NOT_MEASURED } from '../../utils/format';
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
        onRetry={() => keys.refetch()}
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
    <div className={tables.scroll}>
      <table className={tables.table}>
        <caption className="visually-hidden">Keys</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Scope</th>
            <th scope="col">Writes for</th>
            <th scope="col" className={tables.number}>
              Rate
            </th>
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
  if (key.scope === 'read') return NOT_MEASURED;
  return key.agents.length === 0 ? 'every agent' : key.agents.join(', ');
}

function rateOf({ scope, records_per_second: rate }: Key): string {
  if (scope === 'read') return NOT_MEASURED;
  if (rate === null) return 'default';
  return rate === 0 ? 'any' : `${formatText(rate, 'count')}/s`;
}

function KeyRow({ apiKey }: { apiKey: Key }): ReactNode {
  const nowMs = useNow();
  const moment = (text: string): string => formatStart(Date.parse(text), nowMs);
  return (
    <tr className={apiKey.state === 'active' ? tables.row : `${tables.row} ${styles.over}`}>
      <th scope="row">{apiKey.name}</th>
      <td>{apiKey.scope}</td>
      <td className={styles.wide}>{writesFor(apiKey)}</td>
      <td className={tables.number}>{rateOf(apiKey)}</td>
      <td>
        {moment(apiKey.created_at)} by {apiKey.created_by}
      </td>
      <td>{apiKey.expires_at === null ? 'never' : moment(apiKey.expires_at)}</td>
      <td className={styles.act}>
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

/** What uses the key stops within two seconds. */
function Revoke({ apiKey }: { apiKey: Key }): ReactNode {
  const revoke = useRevokeKey();
  return (
    <ConfirmButton
      words="Revoke"
      label={`Revoke ${apiKey.name}`}
      question="Refuse it for good?"
      yes="Yes, revoke"
      pending={revoke.isPending}
      problem={revoke.error?.message ?? null}
      onConfirm={() => revoke.mutate(apiKey.key_id)}
    />
  );
}
