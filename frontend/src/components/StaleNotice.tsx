import type { ReactNode } from 'react';
import { formatMoment } from '../utils/timeText';
import styles from './StaleNotice.module.css';

export interface StaleNoticeProps {
  /** What cannot be read, as the sentence begins: `The agents`. */
  what: string;
  detail: string;
  /** When that which stays on screen was read. */
  readMs: number;
  nowMs: number;
}

/** Old data stays on screen during an outage, and never without saying that it is old. */
export function StaleNotice({ what, detail, readMs, nowMs }: StaleNoticeProps): ReactNode {
  return (
    <p className={styles.notice} role="alert">
      {what} cannot be read: {detail} What is shown is from {formatMoment(readMs, nowMs)}.
    </p>
  );
}
