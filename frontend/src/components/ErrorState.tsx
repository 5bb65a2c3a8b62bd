import { useState, type ReactNode } from 'react';
import { Button } from './Button';
import styles from './EmptyState.module.css';

export interface ErrorStateProps {
  title: string;
  detail: string;
  /** It is all that the page has: its title is the page's heading. */
  whole?: boolean;
  /** Gives a promise where it takes a while. */
  onRetry?: () => unknown;
  retryWords?: string;
}

/** What went wrong in the server's own words, and the way on. */
export function ErrorState(props: ErrorStateProps): ReactNode {
  const { title, detail, whole = false, onRetry, retryWords = 'Try again' } = props;
  const Title = whole ? 'h1' : 'h2';
  const [trying, setTrying] = useState(false);
  const retry = async (): Promise<void> => {
    if (trying) return;
    setTrying(true);
    try {
      await onRetry?.();
    } finally {
      setTrying(false);
    }
  };
  return (
    <section className={styles.empty} role="alert">
      <Title className={styles.title}>{title}</Title>
      <p>{detail}</p>
      {onRetry && (
        <Button aria-disabled={trying} onClick={() => void retry()}>
          {trying ? 'Trying…' : retryWords}
        </Button>
      )}
    </section>
  );
}
