import type { ReactNode } from 'react';
import styles from './SortHeader.module.css';

export interface SortHeaderProps {
  title: string;
  hint: string;
  direction: 'ascending' | 'descending' | null;
  numeric: boolean;
  className?: string | undefined;
  onSort: () => void;
}

/** A column's head: a button that sorts by it. */
export function SortHeader(props: SortHeaderProps): ReactNode {
  const { title, hint, direction, numeric, className = '', onSort } = props;
  const arrow = direction === 'ascending' ? '↑' : '↓';
  return (
    <th
      scope="col"
      aria-sort={direction ?? 'none'}
      className={`${styles.head} ${numeric ? styles.numeric : ''} ${className}`}
    >
      <button type="button" className={styles.button} title={hint} onClick={onSort}>
        {title}
        <span className={direction ? styles.arrow : styles.noArrow} aria-hidden="true">
          {arrow}
        </span>
      </button>
    </th>
  );
}
