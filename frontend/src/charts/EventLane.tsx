import { useMemo, type ReactNode } from 'react';
import type { AgentEvent } from '../services/types';
import { formatMoment } from '../utils/timeText';
import { EventShape } from './draw/EventShape';
import { GUTTER_PX, type TimeScale } from './geometry';
import { EVENT_LOOKS, prepareEventMarks, type EventMark } from './prepare/eventMarks';
import styles from './EventLane.module.css';

export interface EventLaneProps {
  events: readonly AgentEvent[];
  time: TimeScale;
  width: number;
  nowMs: number;
  onPoint: (ms: number | null) => void;
}

function describeMark(mark: EventMark, nowMs: number): string {
  const lines = mark.events.map((event) => {
    const words = `${EVENT_LOOKS[event.type].word} ${formatMoment(Date.parse(event.timestamp), nowMs)}`;
    return event.message === '' ? words : `${words}: ${event.message}`;
  });
  // The number stands on the mark: who speaks to the page says what is seen.
  return lines.length > 1 ? [`${lines.length} events`, ...lines].join('\n') : lines.join('');
}

/** One lane above the charts: what happened, where in time. */
export function EventLane({ events, time, width, nowMs, onPoint }: EventLaneProps): ReactNode {
  const marks = useMemo(
    () => prepareEventMarks(events, time.toX, width, window.matchMedia('(pointer: coarse)').matches),
    [events, time, width],
  );
  return (
    <div className={styles.lane} role="group" aria-label="Events">
      <span className={styles.title} aria-hidden="true">
        Events
      </span>
      {marks.map((mark) => (
        <button
          key={mark.key}
          type="button"
          className={styles.mark}
          style={{ left: GUTTER_PX + mark.x }}
          title={describeMark(mark, nowMs)}
          aria-label={describeMark(mark, nowMs)}
          onPointerEnter={() => onPoint(mark.ms)}
          onFocus={() => onPoint(mark.ms)}
          onPointerLeave={() => onPoint(null)}
          onBlur={() => onPoint(null)}
        >
          <EventShape look={mark.look} />
          {mark.events.length > 1 && <span className={styles.count}>{mark.events.length}</span>}
        </button>
      ))}
    </div>
  );
}
