import { useState, type ReactNode } from 'react';
import { Button } from './Button';
import styles from './ConfirmButton.module.css';

export interface ConfirmButtonProps {
  words: string;
  /** What it acts on too, for those who do not see the row: `Revoke report`. */
  label: string;
  /** What a yes means. */
  question: string;
  yes: string;
  pending: boolean;
  /** Why it was not done. */
  problem: string | null;
  onConfirm: () => void;
}

/** Two clicks for what cannot be undone; Escape or the second button leaves all as it was. */
export function ConfirmButton(props: ConfirmButtonProps): ReactNode {
  const { words, label, question, yes, pending, problem, onConfirm } = props;
  const [asked, setAsked] = useState<'not yet' | 'now' | 'before'>('not yet');
  if (asked !== 'now') {
    return (
      <Button
        look="quiet"
        aria-label={label}
        // The keys go on where they were.
        autoFocus={asked === 'before'}
        onClick={() => setAsked('now')}
      >
        {words}
      </Button>
    );
  }
  return (
    <div
      className={styles.confirm}
      role="group"
      aria-label={`${label}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setAsked('before');
      }}
    >
      {problem === null ? (
        <span>{question}</span>
      ) : (
        <span className={styles.problem} role="alert">
          {problem}
        </span>
      )}
      <Button autoFocus disabled={pending} onClick={onConfirm}>
        {yes}
      </Button>
      <Button look="quiet" onClick={() => setAsked('before')}>
        Keep it
      </Button>
    </div>
  );
}
