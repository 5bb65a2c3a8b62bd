import type { AgentEvent, AgentEventType } from '../../services/types';

/** What an event looks like: a shape for its meaning, a tone for its weight, a word for its name. */
export interface EventLook {
  shape: 'triangle' | 'square' | 'circle' | 'diamond' | 'cross';
  tone: 'neutral' | 'good' | 'bad';
  word: string;
  /** Whether a hairline runs from the lane through all charts. */
  rule: boolean;
}

export const EVENT_LOOKS: Record<AgentEventType, EventLook> = {
  started: { shape: 'triangle', tone: 'good', word: 'Started', rule: false },
  stopped: { shape: 'square', tone: 'neutral', word: 'Stopped', rule: false },
  error: { shape: 'cross', tone: 'bad', word: 'Error', rule: true },
  restarted: { shape: 'triangle', tone: 'neutral', word: 'Restarted', rule: true },
  down: { shape: 'square', tone: 'bad', word: 'Down', rule: false },
  back: { shape: 'circle', tone: 'good', word: 'Back up', rule: false },
  deployed: { shape: 'diamond', tone: 'neutral', word: 'Deployed', rule: true },
  annotation: { shape: 'circle', tone: 'neutral', word: 'Note', rule: true },
};

/** One mark in the lane; events that would touch share one. */
export interface EventMark {
  key: string;
  x: number;
  ms: number;
  look: EventLook;
  events: AgentEvent[];
}

const TOUCHING_PX = 12;
/** Under fingers marks have this width each, and none covers another. */
const FINGER_PX = 44;

/** The gravest event speaks for a shared mark. */
const WEIGHT: Record<EventLook['tone'], number> = { bad: 2, good: 0, neutral: 1 };

function gravest(events: readonly AgentEvent[]): EventLook {
  return events
    .map((event) => EVENT_LOOKS[event.type])
    .reduce((worst, look) => (WEIGHT[look.tone] > WEIGHT[worst.tone] ? look : worst));
}

/** Lays events out along the axis. `toX` gives pixels for a time; what falls outside the width is left out. */
export function prepareEventMarks(
  events: readonly AgentEvent[],
  toX: (ms: number) => number,
  widthPx: number,
  forFingers = false,
): EventMark[] {
  const touchingPx = forFingers ? FINGER_PX : TOUCHING_PX;
  const placed = events
    .map((event) => ({ event, ms: Date.parse(event.timestamp) }))
    .map((item) => ({ ...item, x: toX(item.ms) }))
    .filter((item) => item.x >= 0 && item.x <= widthPx)
    .sort((left, right) => left.ms - right.ms);
  const marks: EventMark[] = [];
  for (const { event, ms, x } of placed) {
    const last = marks[marks.length - 1];
    if (last && x - last.x < touchingPx) {
      last.events.push(event);
      last.look = gravest(last.events);
    } else {
      marks.push({ key: event.event_id, x, ms, look: EVENT_LOOKS[event.type], events: [event] });
    }
  }
  return marks;
}
