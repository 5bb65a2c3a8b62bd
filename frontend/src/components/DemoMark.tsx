import type { ReactNode } from 'react';
import styles from './DemoMark.module.css';

/** Says that what is on screen is made up. Quiet, and never out of sight. */
export function DemoMark(): ReactNode {
  return (
    <span className={styles.mark} title="The agents and their data are made up.">
      Demo data
    </span>
  );
}
