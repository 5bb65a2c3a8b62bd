import { timeFormat, utcFormat } from 'd3-time-format';

/** Times as the reader's clock tells them, or as the server's does. */
export type Zone = 'local' | 'utc';

let zone: Zone = 'local';

/** For the whole page: state/zone.ts alone sets it, and draws the page anew. */
export function setZone(next: Zone): void {
  zone = next;
}

export function isUtc(): boolean {
  return zone === 'utc';
}

export function zonedFormat(pattern: string): (at: Date) => string {
  const local = timeFormat(pattern);
  const utc = utcFormat(pattern);
  return (at) => (isUtc() ? utc(at) : local(at));
}

const date = zonedFormat('%Y-%m-%d');
const year = zonedFormat('%Y');

export function sameDay(left: Date, right: Date): boolean {
  return date(left) === date(right);
}

export function sameYear(left: Date, right: Date): boolean {
  return year(left) === year(right);
}

/** As `Date.getTimezoneOffset`: minutes that the zone is behind UTC. */
export function zoneOffset(at: Date): number {
  return isUtc() ? 0 : at.getTimezoneOffset();
}
