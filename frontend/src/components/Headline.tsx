import type { ReactNode } from 'react';
import styles from './Headline.module.css';

export interface HeadlineProps {
  lead: string;
  rest: readonly string[];
  /** How it was found, for those who want to know. */
  method: string;
}

/** The one sentence that answers why somebody opened the page; below it how it was found. */
export function Headline({ lead, rest, method }: HeadlineProps): ReactNode {
  return (
    <div>
      <h1 className={styles.sentence}>
        <span>{lead}</span>{' '}
        {rest.map((part) => (
          <span key={part} className={styles.part}>
            {part}{' '}
          </span>
        ))}
      </h1>
      <p className={styles.method}>{method}</p>
    </div>
  );
}
