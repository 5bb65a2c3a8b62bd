import type { ReactNode } from 'react';
import type { EventLook } from '../prepare/eventMarks';
import styles from './EventShape.module.css';

export interface EventShapeProps {
  look: EventLook;
}

const PATHS: Record<EventLook['shape'], string> = {
  triangle: 'M2 1L9 5L2 9Z',
  square: 'M1.5 1.5H8.5V8.5H1.5Z',
  circle: 'M5 1.5A3.5 3.5 0 1 1 5 8.5A3.5 3.5 0 1 1 5 1.5Z',
  diamond: 'M5 0.5L9.5 5L5 9.5L0.5 5Z',
  cross: 'M2 0.8L5 3.8L8 0.8L9.2 2L6.2 5L9.2 8L8 9.2L5 6.2L2 9.2L0.8 8L3.8 5L0.8 2Z',
};

export function EventShape({ look }: EventShapeProps): ReactNode {
  return (
    <svg className={styles[look.tone]} width={10} height={10} aria-hidden="true">
      <path d={PATHS[look.shape]} />
    </svg>
  );
}
