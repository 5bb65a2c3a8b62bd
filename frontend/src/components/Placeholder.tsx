import type { ReactNode } from 'react';
import styles from './Placeholder.module.css';

export interface PlaceholderProps {
  label: string;
  rows: number;
  rowHeight?: number;
}

/** Quiet lines where content will be, of its size, so that nothing jumps when it comes. */
export function Placeholder({ label, rows, rowHeight = 32 }: PlaceholderProps): ReactNode {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.row} style={{ height: rowHeight }}>
          <div className={styles.ink} style={{ width: `${24 + ((index * 37) % 40)}%` }} />
        </div>
      ))}
    </div>
  );
}
