import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { StatusLight } from '../../components/StatusLight';
import type { FleetSentence } from './fleetSentence';
import styles from './FleetHeadline.module.css';

export interface FleetHeadlineProps {
  sentence: FleetSentence;
  /** Words that stand for what is still to come. */
  awaited: string;
  facts: readonly string[];
  costsHref: string;
  /** Why some agents need attention. */
  children: ReactNode;
}

/** The one sentence that answers why somebody opened the page; below it the totals. */
export function FleetHeadline(props: FleetHeadlineProps): ReactNode {
  const { sentence, awaited, facts, costsHref, children } = props;
  return (
    <div>
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
        {awaited !== '' && (
          <span className={styles.awaited} aria-hidden="true">
            {awaited}
          </span>
        )}
      </h1>
      {children}
      <p className={styles.facts}>
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        <Link href={costsHref}>Costs</Link>
      </p>
    </div>
  );
}
