import type { ReactNode } from 'react';
import styles from './EmptyState.module.css';

export interface EmptyStateProps {
  title: string;
  /** It is all that the page has: its title is the page's heading. */
  whole?: boolean;
  children?: ReactNode;
}

export function EmptyState({ title, whole = false, children }: EmptyStateProps): ReactNode {
  const Title = whole ? 'h1' : 'h2';
  return (
    <section className={styles.empty}>
      <Title className={styles.title}>{title}</Title>
      {children}
    </section>
  );
}
