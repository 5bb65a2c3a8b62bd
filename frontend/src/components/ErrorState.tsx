import type { ReactNode } from 'react';
import { Button } from './Button';
import styles from './EmptyState.module.css';

export interface ErrorStateProps {
  title: string;
  detail: string;
  onRetry?: () => void;
  retryWords?: string;
}

/** What went wrong in the server's own words, and the way on. */
export function ErrorState({ title, detail, onRetry, retryWords = 'Try again' }: ErrorStateProps): ReactNode {
  return (
    <section className={styles.empty} role="alert">
      <h2 className={styles.title}>{title}</h2>
      <p>{detail}</p>
      {onRetry && <Button onClick={onRetry}>{retryWords}</Button>}
    </section>
  );
}
