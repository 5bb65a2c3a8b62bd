import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { ApiError } from '../../services/http';
import { EXPORT_PATH } from '../../state/urlState';
import { useEstimate } from '../../state/useEstimate';
import { questionOf, type ExportPlan } from './exportPlan';
import { aboutText, estimateNote } from './exportWords';
import styles from '../ExportPage.module.css';

export interface EstimateProps {
  plan: ExportPlan;
}

/** How much there is to come, before anything is asked for. */
export function Estimate({ plan }: EstimateProps): ReactNode {
  const estimate = useEstimate(questionOf(plan));
  if (estimate.isPending) {
    return (
      <p className={styles.note} role="status">
        Counting…
      </p>
    );
  }
  if (estimate.data === undefined) {
    return <Problem error={estimate.error} onRetry={() => void estimate.refetch()} />;
  }
  if (estimate.data === null) return <p className={styles.note}>The server does not say how many.</p>;
  const note = estimateNote(estimate.data, plan.format);
  return (
    <p role="status" data-estimate={estimate.data}>
      <strong>{aboutText(estimate.data)}.</strong> {note}
    </p>
  );
}

interface ProblemProps {
  error: Error;
  onRetry: () => void;
}

/** Headers alone bring no sentence of the server: its status says which it is. */
function Problem({ error, onRetry }: ProblemProps): ReactNode {
  const status = error instanceof ApiError ? error.status : null;
  if (status === 403) {
    return (
      <p className={styles.problem} role="alert">
        You may not export records. An admin can give you a role that may.
      </p>
    );
  }
  if (status === 404) {
    return (
      <p className={styles.problem} role="alert">
        There is no agent of one of these names. <Link href={EXPORT_PATH}>Export of all agents</Link>
      </p>
    );
  }
  return (
    <p className={styles.problem} role="alert">
      The records cannot be counted: {error.message}{' '}
      <Button look="quiet" onClick={onRetry}>
        Try again
      </Button>
    </p>
  );
}
