import type { ReactNode } from 'react';
import { useTimeText } from '../state/clock';
import { formatAge } from '../utils/format';

export interface AgeTextProps {
  time: string | null;
}

/** How long ago, kept current on its own: a table with many does not draw its rows again for it. */
export function AgeText({ time }: AgeTextProps): ReactNode {
  return useTimeText((nowMs) => formatAge(time, nowMs));
}
