import type { ReactNode } from 'react';
import { Button } from './Button';
import styles from './Banner.module.css';

export interface BannerProps {
  children: ReactNode;
  onDismiss?: () => void;
}

export function Banner({ children, onDismiss }: BannerProps): ReactNode {
  return (
    <aside className={styles.banner} aria-label="Notice">
      <span>{children}</span>
      {onDismiss && (
        <Button look="quiet" onClick={onDismiss}>
          Dismiss
        </Button>
      )}
    </aside>
  );
}
