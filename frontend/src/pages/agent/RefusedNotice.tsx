import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useRefusedToday } from '../../state/system';
import { refusedAddress } from '../../state/urlState';
import { formatText } from '../../utils/format';
import styles from './RefusedNotice.module.css';

export interface RefusedNoticeProps {
  agent: string;
}

/** That a part of what an agent sends is refused: its charts do not show it, so the page must. */
export function RefusedNotice({ agent }: RefusedNoticeProps): ReactNode {
  const rows = useRefusedToday(agent).data?.rejections ?? [];
  const [newest] = rows;
  if (newest === undefined) return null;
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  return (
    <p className={styles.notice} role="status">
      {formatText(count, 'count')} refused in the last day, the newest because {newest.reason}.{' '}
      <Link href={refusedAddress(agent)}>See what was refused</Link>
    </p>
  );
}
