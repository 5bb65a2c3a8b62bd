import type { ReactNode } from 'react';
import { EventShape } from '../../charts/draw/EventShape';
import { EVENT_LOOKS } from '../../charts/prepare/eventMarks';
import type { AgentEvent } from '../../services/types';
import { useNow } from '../../state/clock';
import { formatMoment } from '../../utils/timeText';
import styles from './AgentEvents.module.css';

export interface AgentEventsProps {
  events: readonly AgentEvent[];
  problem: string | null;
  pending: boolean;
}

function attributesText(event: AgentEvent): string {
  return Object.entries(event.attributes)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('  ');
}

/** What happened in the range, newest first. */
export function AgentEvents({ events, problem, pending }: AgentEventsProps): ReactNode {
  return (
    <section className={styles.section} aria-labelledby="events-title">
      <h2 id="events-title" className={styles.title}>
        Events
      </h2>
      {problem !== null && <p role="alert">The events cannot be shown: {problem}</p>}
      {problem === null && events.length === 0 && (
        <p className={styles.none}>{pending ? 'Loading…' : 'Nothing happened in this range.'}</p>
      )}
      {events.length > 0 && <EventTable events={events} />}
    </section>
  );
}

function EventTable({ events }: Pick<AgentEventsProps, 'events'>): ReactNode {
  const nowMs = useNow();
  return (
    <table className={styles.table}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Event</th>
          <th scope="col">Message</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.event_id} className={styles.row}>
            <td className={styles.time}>{formatMoment(Date.parse(event.timestamp), nowMs)}</td>
            <td className={styles.type}>
              <EventShape look={EVENT_LOOKS[event.type]} /> {EVENT_LOOKS[event.type].word}
            </td>
            <td className={styles.message}>
              {event.message} <span className={styles.attributes}>{attributesText(event)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
