import type { ReactNode } from 'react';
import { StatusLight } from '../../components/StatusLight';
import type { FleetSentence } from './fleetSentence';
import styles from './FleetHeadline.module.css';

export interface FleetHeadlineProps {
  sentence: FleetSentence;
}

/** The one sentence that answers why somebody opened the page. */
export function FleetHeadline({ sentence }: FleetHeadlineProps): ReactNode {
  return (
    <h1 className={styles.sentence}>
      <span className={styles.light}>
        <StatusLight status={sentence.status} hideWord size={14} />
      </span>
      <span className={styles.lead}>{sentence.lead}</span>{' '}
      {sentence.rest.map((part) => (
        <span key={part} className={styles.part}>
          {part}{' '}
        </span>
      ))}
    </h1>
  );
}
