import type { ReactNode } from 'react';
import type { Status } from '../services/types';
import styles from './StatusLight.module.css';

export interface StatusLightProps {
  status: Status;
  /** What it says, where that is not the status itself. */
  word?: string;
  /** Hidden words stay for screen readers. */
  hideWord?: boolean;
  size?: number;
}

/** A shape for each status, so that colour is never the only sign. */
const SHAPES: Record<Status, ReactNode> = {
  up: <circle cx={5} cy={5} r={4} />,
  late: <path d="M5 0.8L9.6 9H0.4Z" />,
  down: <path d="M1 1H9V9H1Z" />,
  error: <path d="M2 0.6L5 3.6L8 0.6L9.4 2L6.4 5L9.4 8L8 9.4L5 6.4L2 9.4L0.6 8L3.6 5L0.6 2Z" />,
  stopped: <path d="M1.5 1H4V9H1.5ZM6 1H8.5V9H6Z" />,
  never: <circle cx={5} cy={5} r={3.5} fill="none" strokeWidth={1.5} stroke="currentColor" />,
};

export function StatusLight({
  status,
  word = status,
  hideWord = false,
  size = 10,
}: StatusLightProps): ReactNode {
  return (
    <span className={`${styles.light} ${styles[status]}`} data-status={status}>
      <svg width={size} height={size} viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
        {SHAPES[status]}
      </svg>
      <span className={hideWord ? 'visually-hidden' : styles.word}>{word}</span>
    </span>
  );
}
