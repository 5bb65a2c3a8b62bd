import { useMemo, useSyncExternalStore } from 'react';
import type { FleetColumn } from './fleetColumns';

export type Spark = FleetColumn['spark'];

/** Below these widths a history has no room; FleetTable.module.css hides its place there. */
const NO_ROOM: Record<Spark, string> = {
  always: '(max-width: 820px)',
  wide: '(max-width: 1180px)',
  widest: '(max-width: 1380px)',
};

const SPARKS = Object.keys(NO_ROOM) as Spark[];

function subscribe(listener: () => void): () => void {
  const queries = SPARKS.map((spark) => window.matchMedia(NO_ROOM[spark]));
  queries.forEach((query) => query.addEventListener('change', listener));
  return () => queries.forEach((query) => query.removeEventListener('change', listener));
}

const shownText = (): string =>
  SPARKS.filter((spark) => !window.matchMedia(NO_ROOM[spark]).matches).join(' ');

/** Which histories are drawn: those of a whole fleet that nobody sees are a long moment on a phone. */
export function useSparks(): ReadonlySet<Spark> {
  const text = useSyncExternalStore(subscribe, shownText);
  return useMemo(() => new Set(SPARKS.filter((spark) => text.split(' ').includes(spark))), [text]);
}
