import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { cancelExport, forgetExport, type ExportJob } from '../../state/exportJob';
import { brokenText, doneText, runningParts, shareOf } from './exportWords';
import styles from './ExportResult.module.css';

export interface ExportResultProps {
  job: ExportJob;
  onRepeat: () => void;
}

/** How the export goes, and how it ended: what is not whole never looks as if it were. */
export function ExportResult({ job, onRepeat }: ExportResultProps): ReactNode {
  const ref = useRef<HTMLElement>(null);
  // It begins below a form that may fill the screen.
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'nearest' });
  }, [job.startedMs]);
  return (
    <section className={styles.result} ref={ref} aria-labelledby="export-result" data-export={job.phase}>
      <h2 id="export-result" className={styles.name}>
        {job.name}
      </h2>
      {job.phase === 'running' ? <Running job={job} /> : <Ended job={job} onRepeat={onRepeat} />}
    </section>
  );
}

function Running({ job }: Pick<ExportResultProps, 'job'>): ReactNode {
  const share = shareOf(job.progress);
  return (
    <>
      <progress
        className={styles.bar}
        aria-label={`Progress of ${job.name}`}
        max={1}
        {...(share === null ? {} : { value: share })}
      />
      <p className={`${styles.figures} figures`}>
        {runningParts(job).map((part) => (
          <span key={part}>{part}</span>
        ))}
      </p>
      <div className={styles.actions}>
        <Button onClick={cancelExport}>Cancel</Button>
        <span className={styles.note}>
          It goes on while you look at other pages of this tab. Not complete before it says so.
        </span>
      </div>
    </>
  );
}

const HEADS = { done: '✓ Complete', failed: '✕ Not complete', cancelled: '■ Cancelled' };

function Ended({ job, onRepeat }: ExportResultProps): ReactNode {
  const phase = job.phase === 'running' ? 'failed' : job.phase;
  const where = job.wish.target.kind === 'disk' ? 'In the file you chose.' : 'Among your downloads.';
  return (
    <>
      <p className={styles[phase]} role={phase === 'failed' ? 'alert' : 'status'}>
        <strong>{HEADS[phase]}.</strong>{' '}
        {phase === 'done' ? `${doneText(job)} ${where}` : `${job.reason ?? ''} ${brokenText(job)}`.trim()}
      </p>
      <div className={styles.actions}>
        {phase !== 'done' && <Button onClick={onRepeat}>Start again</Button>}
        <Button look="quiet" onClick={forgetExport}>
          Dismiss
        </Button>
      </div>
    </>
  );
}
