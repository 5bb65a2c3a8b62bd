import type { ReactNode } from 'react';
import type { CostSentence } from './costSentence';
import styles from './CostHeadline.module.css';

export interface CostHeadlineProps {
  sentence: CostSentence;
}

/** The one sentence that answers why somebody opened the page; below it how it was found. */
export function CostHeadline({ sentence }: CostHeadlineProps): ReactNode {
  return (
    <div>
      <h1 className={styles.sentence}>
        <span>{sentence.lead}</span>{' '}
        {sentence.rest.map((part) => (
          <span key={part} className={styles.part}>
            {part}{' '}
          </span>
        ))}
      </h1>
      <p className={styles.method}>{sentence.method}</p>
    </div>
  );
}
