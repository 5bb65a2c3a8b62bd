import { Modal } from '@mantine/core';
import { useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import type { Me } from '../../services/types';
import { useSetPassword } from '../../state/session';
import styles from '../dialog.module.css';

export interface PasswordDialogProps {
  me: Me;
  onClose: () => void;
}

const SHORTEST = 12;

export function PasswordDialog({ me, onClose }: PasswordDialogProps): ReactNode {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const save = useSetPassword();
  // The form keeps asking for the current password until it closes, whatever the answer changes.
  const [hadPassword] = useState(me.has_password);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const short = password.length < SHORTEST;
    setProblem(short ? `Use at least ${SHORTEST} characters; a few words are easy to remember.` : null);
    if (short) return;
    save.mutate(hadPassword ? { current, password } : { password }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={hadPassword ? 'Change password' : 'Set a password'} size={400}>
      <form className={styles.form} onSubmit={submit}>
        <input type="hidden" name="username" autoComplete="username" value={me.name} />
        {hadPassword && (
          <Field
            label="Current password"
            type="password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
        <Field
          label="New password"
          type="password"
          autoComplete="new-password"
          required
          data-autofocus
          value={password}
          hint={`At least ${SHORTEST} characters.`}
          problem={problem ?? save.error?.message}
          onChange={(event) => setPassword(event.target.value)}
        />
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
