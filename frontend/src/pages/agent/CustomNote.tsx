import type { ReactNode } from 'react';
import { Button } from '../../components/Button';
import { useViewParams } from '../../state/urlState';
import { MOST_CUSTOM, type CustomMetrics } from './useCustomFrame';
import styles from './CustomNote.module.css';

export interface CustomNoteProps {
  custom: Pick<CustomMetrics, 'names' | 'shown' | 'problem'>;
}

/** Custom metrics that have no chart yet, or why they have none. Absent where all are drawn. */
export function CustomNote({ custom }: CustomNoteProps): ReactNode {
  const { change } = useViewParams();
  const { names, shown, problem } = custom;
  if (problem !== null) {
    return (
      <p className={styles.problem} role="alert">
        The custom metrics cannot be shown: {problem}
      </p>
    );
  }
  const left = names.length - shown.length;
  if (left <= 0) return null;
  const words = `${left}${shown.length > 0 ? ' more' : ''} custom metric${left === 1 ? '' : 's'}`;
  return (
    <p className={styles.note}>
      {words}.
      {shown.length < Math.min(names.length, MOST_CUSTOM) && (
        <Button look="quiet" onClick={() => change({ custom: 'all' }, 'replace')}>
          Show them
        </Button>
      )}
    </p>
  );
}
