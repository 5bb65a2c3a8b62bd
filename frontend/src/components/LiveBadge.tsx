import type { ReactNode } from 'react';
import { formatDuration } from '../utils/format';
import styles from './LiveBadge.module.css';

export interface LiveBadgeProps {
  /** What the stream does; `past` is a range that ended. */
  mode: 'connecting' | 'live' | 'lost' | 'paused' | 'past';
  staleMs: number;
  onGoLive: () => void;
}

/** Polling brings data every 5 s; older than this is stale. */
const STALE_MS = 8000;

function wordsOf(mode: LiveBadgeProps['mode'], staleMs: number): { words: string; tone: string } {
  if (mode === 'live') return { words: 'Live', tone: 'live' };
  if (mode === 'connecting') return { words: 'Connecting', tone: 'idle' };
  if (mode === 'paused') return { words: 'Paused', tone: 'idle' };
  if (staleMs < STALE_MS) return { words: 'Every 5 s', tone: 'idle' };
  return { words: `Stale for ${formatDuration(staleMs)}`, tone: 'stale' };
}

/** Whether what is on screen is now. */
export function LiveBadge({ mode, staleMs, onGoLive }: LiveBadgeProps): ReactNode {
  if (mode === 'past') {
    return (
      <button type="button" className={styles.past} onClick={onGoLive}>
        Go live
      </button>
    );
  }
  const { words, tone } = wordsOf(mode, staleMs);
  return (
    <span className={`${styles.badge} ${styles[tone]}`} data-live={mode}>
      <svg width={8} height={8} aria-hidden="true">
        {tone === 'stale' ? <path d="M4 0.5L8 7.5H0Z" /> : <circle cx={4} cy={4} r={3} />}
      </svg>
      {words}
    </span>
  );
}
