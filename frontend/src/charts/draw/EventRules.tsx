import type { ReactNode } from 'react';
import type { AgentEvent } from '../../services/types';
import { GUTTER_PX, type TimeScale } from '../geometry';
import { EVENT_LOOKS } from '../prepare/eventMarks';
import styles from './EventRules.module.css';

export interface EventRulesProps {
  events: readonly AgentEvent[];
  time: TimeScale;
  width: number;
}

/** Hairlines from the lane through the charts, for events that may explain what changed. */
export function EventRules({ events, time, width }: EventRulesProps): ReactNode {
  return (
    <div className={styles.rules} style={{ left: GUTTER_PX, width }} aria-hidden="true">
      {events
        .filter((event) => EVENT_LOOKS[event.type].rule)
        .map((event) => ({ event, x: time.toX(Date.parse(event.timestamp)) }))
        .filter(({ x }) => x >= 0 && x <= width)
        .map(({ event, x }) => (
          <div key={event.event_id} className={styles[EVENT_LOOKS[event.type].tone]} style={{ left: x }} />
        ))}
    </div>
  );
}
