import type { ReactNode } from 'react';
import { StatusLight } from '../../components/StatusLight';
import type { Status } from '../../services/types';
import type { HealthPart, HealthState } from './healthParts';
import styles from './PartList.module.css';

export interface PartListProps {
  parts: readonly HealthPart[];
}

const LIGHTS: Record<HealthState, { status: Status; word: string }> = {
  fine: { status: 'up', word: 'fine' },
  attention: { status: 'late', word: 'look' },
  failing: { status: 'down', word: 'failing' },
  unknown: { status: 'never', word: 'not known' },
  absent: { status: 'never', word: 'none' },
};

/** Each part of Sentinel with its light and its figures. */
export function PartList({ parts }: PartListProps): ReactNode {
  return (
    <div className={styles.list}>
      {parts.map((part) => (
        <section
          key={part.title}
          className={styles.part}
          aria-label={part.title}
          data-part={part.title}
          data-state={part.state}
        >
          <h2 className={styles.name}>
            {part.title}
            <StatusLight status={LIGHTS[part.state].status} word={LIGHTS[part.state].word} />
          </h2>
          {part.facts.length > 0 && (
            <dl className={styles.facts}>
              {part.facts.map((fact) => (
                <div key={fact.name} className={styles.fact}>
                  <dt>{fact.name}</dt>
                  <dd>{fact.value}</dd>
                </div>
              ))}
            </dl>
          )}
          {part.why !== null && (
            <p className={styles.why} data-state={part.state}>
              {part.why}
            </p>
          )}
        </section>
      ))}
    </div>
  );
}
