import type { ReactNode } from 'react';
import { LiveBadge } from '../../components/LiveBadge';
import { RangePicker } from '../../components/RangePicker';
import { useNow } from '../../state/clock';
import { useLiveState } from '../../state/live';
import { useRange } from '../../state/urlState';
import { resolveRange, shiftRange, zoomOutRange } from '../../utils/range';
import styles from './RangeControl.module.css';

/** The range of the address, and whether its end is now. */
export function RangeControl(): ReactNode {
  const nowMs = useNow();
  const { range, usual, setRange } = useRange();
  const live = useLiveState();
  const window = resolveRange(range, nowMs);
  return (
    <div className={styles.control}>
      <span className={styles.badge}>
        <LiveBadge
          mode={window.live ? live.mode : 'past'}
          staleMs={Math.max(0, nowMs - live.freshMs)}
          onGoLive={() => setRange(usual)}
        />
      </span>
      <RangePicker
        range={range}
        window={window}
        nowMs={nowMs}
        onChange={setRange}
        onShift={(direction) => setRange(shiftRange(window, direction, nowMs))}
        onZoomOut={() => setRange(zoomOutRange(window, nowMs))}
      />
    </div>
  );
}
