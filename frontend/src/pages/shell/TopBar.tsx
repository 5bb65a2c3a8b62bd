import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { DemoMark } from '../../components/DemoMark';
import type { Me } from '../../services/types';
import {
  agentOfPath,
  COSTS_PATH,
  EXPLORE_PATH,
  EXPORT_PATH,
  hasRange,
  HEALTH_PATH,
  tabAddress,
  useRange,
} from '../../state/urlState';
import { JumpButton } from './JumpButton';
import { RangeControl } from './RangeControl';
import { UserMenu } from './UserMenu';
import { ViewsMenu } from './ViewsMenu';
import styles from './TopBar.module.css';

export interface TopBarProps {
  me: Me;
  onSetPassword: () => void;
  onHelp: () => void;
}

const TABS = [
  { path: '/', words: 'Fleet' },
  { path: COSTS_PATH, words: 'Costs' },
  { path: EXPLORE_PATH, words: 'Explore' },
  { path: EXPORT_PATH, words: 'Export' },
  { path: HEALTH_PATH, words: 'Health' },
];

/** 48 px: where one is, the range, whether it is live, views and the user. */
export function TopBar({ me, onSetPassword, onHelp }: TopBarProps): ReactNode {
  const [path] = useLocation();
  const state = useRange();
  const agent = agentOfPath(window.location.pathname);
  return (
    <header className={styles.bar} data-demo={me.demo || undefined}>
      <Link href={tabAddress('/', state)} className={styles.brand} aria-label="Sentinel, to the fleet">
        <svg width={18} height={18} viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 9.5h3l1.8-6 3 9.5 1.9-5.5H15" />
        </svg>
        <span className={styles.word}>Sentinel</span>
      </Link>
      {me.demo && <DemoMark />}
      <nav className={styles.tabs} aria-label="Pages">
        {TABS.map((tab) => (
          <Link
            key={tab.path}
            href={tabAddress(tab.path, state)}
            className={styles.tab}
            aria-current={path === tab.path ? 'page' : undefined}
          >
            {tab.words}
          </Link>
        ))}
        {agent !== null && (
          <span className={`${styles.tab} ${styles.here}`} aria-current="page">
            {agent}
          </span>
        )}
      </nav>
      <div className={styles.tools}>
        {hasRange(path) && <RangeControl />}
        <JumpButton />
        <ViewsMenu />
        <UserMenu me={me} onSetPassword={onSetPassword} onHelp={onHelp} />
      </div>
    </header>
  );
}
