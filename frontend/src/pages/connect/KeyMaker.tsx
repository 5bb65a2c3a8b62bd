import type { SubmitEvent, ReactNode } from 'react';
import { Button } from '../../components/Button';
import { CopyBlock } from '../../components/CopyBlock';
import { ApiError } from '../../services/http';
import { isAdmin, useMe } from '../../state/session';
import { useCreateKey } from '../../state/keys';
import { KEY_BLANK, type Sender } from './senders';
import styles from '../ConnectPage.module.css';

export interface KeyMakerProps {
  agent: string;
  sender: Sender;
  token: string | null;
  onMade: (token: string) => void;
}

/** A key made on the spot, by those who may. */
export function KeyMaker({ agent, sender, token, onMade }: KeyMakerProps): ReactNode {
  const { ownKey } = sender;
  const admin = isAdmin(useMe().data);
  const create = useCreateKey();
  if (token !== null) {
    return (
      <>
        <p className={styles.note} role="status">
          The key is in the lines below. It is shown this once: keep it now.
        </p>
        <CopyBlock label="The key" text={token} />
      </>
    );
  }
  if (!admin) {
    return (
      <p className={styles.note}>
        Admins make keys. Ask one for a key of scope ingest{ownKey ? ` for “${agent}”` : ''}, and put it in
        place of {KEY_BLANK}.
      </p>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    create.mutate(
      { name: `${agent}, ${sender.words}`, scope: 'ingest', agents: ownKey ? [agent] : [] },
      { onSuccess: (key) => onMade(key.token) },
    );
  };
  return (
    <form onSubmit={submit} className={styles.make}>
      <Button type="submit" look="primary" disabled={agent === '' || create.isPending}>
        {create.isPending ? 'Making the key…' : 'Make a key'}
      </Button>
      <span className={styles.note}>
        {ownKey
          ? `It may write for “${agent}” alone.`
          : 'It may write for every agent: sub-agents and machines have names of their own.'}
      </span>
      {create.isError && (
        <p className={styles.problem} role="alert">
          {keyProblem(create.error)}
        </p>
      )}
    </form>
  );
}

function keyProblem(error: Error): string {
  if (error instanceof ApiError && error.code === 'key_exists') {
    return 'A key of this name is in force already. Use it in place of YOUR_KEY, revoke it, or choose another name.';
  }
  return `No key was made: ${error.message}`;
}
