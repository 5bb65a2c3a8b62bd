import type { ReactNode } from 'react';
import { Button } from '../../components/Button';
import { DemoMark } from '../../components/DemoMark';
import { LiveBadge } from '../../components/LiveBadge';
import { useNow } from '../../state/clock';
import { useLiveState } from '../../state/live';
import { useKey } from '../../state/useHotkey';
import { useRange, useViewParams } from '../../state/urlState';
import { resolveRange } from '../../utils/range';
import { formatMoment } from '../../utils/timeText';
import styles from './Kiosk.module.css';

export interface KioskProps {
  demo: boolean;
  children: ReactNode;
}

/** A page for a screen on the wall: no bar, and whether it is live stays in sight. Escape leads back. */
export function Kiosk({ demo, children }: KioskProps): ReactNode {
  const nowMs = useNow();
  const { range, usual, setRange } = useRange();
  const { change } = useViewParams();
  const live = useLiveState();
  const leave = (): void => change({ kiosk: null }, 'push');
  useKey('Escape', () => {
    // The same key closes a dialog that lies above.
    if (!document.querySelector('[role="dialog"]')) leave();
  });
  return (
    <div className={styles.kiosk}>
      {children}
      <footer className={styles.foot}>
        {demo && <DemoMark />}
        <LiveBadge
          mode={resolveRange(range, nowMs).live ? live.mode : 'past'}
          staleMs={Math.max(0, nowMs - live.freshMs)}
          onGoLive={() => setRange(usual)}
        />
        <span className={styles.time}>{formatMoment(nowMs, nowMs)}</span>
        <Button look="quiet" title="Escape" onClick={leave}>
          Leave the kiosk
        </Button>
      </footer>
    </div>
  );
}
