import type { ReactNode } from 'react';
import { Button } from './Button';
import styles from './EmptyState.module.css';

export interface ErrorStateProps {
  title: string;
  detail: string;
  /** It is all that the page has: its title is the page's heading. */
  whole?: boolean;
  onRetry?: () => void;
  retryWords?: string;
}

/** What went wrong in the server's own words, and the way on. */
export function ErrorState(props: ErrorStateProps): ReactNode {
  const { title, detail, whole = false, onRetry, retryWords = 'Try again' } = props;
  const Title = whole ? 'h1' : 'h2';
  return (
    <section className={styles.empty} role="alert">
      <Title className={styles.title}>{title}</Title>
      <p>{detail}</p>
      {onRetry && <Button onClick={onRetry}>{retryWords}</Button>}
    </section>
  );
}
