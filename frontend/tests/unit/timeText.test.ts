import { afterEach, describe, expect, it } from 'vitest';
import { prepareTimeAxis } from '../../src/charts/prepare/timeAxis';
import { chooseZone } from '../../src/state/zone';
import { parseTime } from '../../src/utils/range';
import { formatMoment, formatSpan, formatStart, formatTyped, zoneName } from '../../src/utils/timeText';
import { sameDay, zoneOffset } from '../../src/utils/zone';

const at = (text: string): number => new Date(text).getTime();
const NOW = at('2026-03-10T12:00:00');

describe('moments and spans', () => {
  it('leaves out a date that is today', () => {
    expect(formatMoment(at('2026-03-10T09:05:07'), NOW)).toBe('09:05:07');
    expect(formatMoment(at('2026-03-09T09:05:07'), NOW)).toBe('9 Mar 09:05:07');
    expect(formatMoment(at('2025-12-31T23:59:59'), NOW)).toBe('31 Dec 2025 23:59:59');
  });

  it('writes a span as short as it can', () => {
    expect(formatSpan(at('2026-03-10T09:00:00'), at('2026-03-10T11:30:00'), NOW)).toBe('09:00 – 11:30');
    expect(formatSpan(at('2026-03-10T09:00:00'), at('2026-03-10T09:01:30'), NOW)).toBe('09:00:00 – 09:01:30');
    expect(formatSpan(at('2026-03-08T09:00:00'), at('2026-03-09T11:30:00'), NOW)).toBe(
      '8 Mar 09:00 – 9 Mar 11:30',
    );
    expect(formatSpan(at('2026-03-08T09:00:00'), at('2026-03-08T11:30:00'), NOW)).toBe('8 Mar 09:00 – 11:30');
  });

  it.each([
    [0, 'UTC'],
    [-120, 'UTC+2'],
    [210, 'UTC−3:30'],
  ])('names the offset %s %s', (offset, name) => {
    expect(zoneName(offset)).toBe(name);
  });
});

describe('when something began', () => {
  it('is told as short as it can be', () => {
    expect(formatStart(at('2026-03-10T09:05:07'), NOW)).toBe('09:05');
    expect(formatStart(at('2026-03-08T00:00:00'), NOW)).toBe('8 Mar');
    expect(formatStart(at('2026-03-08T14:00:00'), NOW)).toBe('8 Mar 14:00');
    expect(formatStart(at('2025-03-08T00:00:00'), NOW)).toBe('8 Mar 2025');
  });
});

describe('another zone', () => {
  const utc = (text: string): number => Date.parse(`${text}Z`);
  const zone = process.env.TZ;

  afterEach(() => {
    chooseZone('local');
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('tells, takes and labels times as the server does', () => {
    process.env.TZ = 'America/New_York';
    const evening = utc('2026-03-10T01:30:00');
    expect(formatMoment(evening, utc('2026-03-11T12:00:00'))).toBe('9 Mar 21:30:00');
    expect(zoneOffset(new Date(evening))).toBe(240);
    chooseZone('utc');
    expect(formatMoment(evening, utc('2026-03-11T12:00:00'))).toBe('10 Mar 01:30:00');
    expect(sameDay(new Date(evening), new Date(utc('2026-03-10T23:59:59')))).toBe(true);
    expect(zoneOffset(new Date(evening))).toBe(0);
    expect(parseTime(formatTyped(evening), 0)).toBe(evening);
    expect(parseTime('2026-03-10', 0)).toBe(utc('2026-03-10T00:00:00'));
    expect(parseTime('2026-03-10 01:30+01:00', 0)).toBe(utc('2026-03-10T00:30:00'));
    const [first] = prepareTimeAxis(utc('2026-03-09T12:00:00'), utc('2026-03-10T12:00:00'), 200);
    expect(first).toMatchObject({ ms: utc('2026-03-09T12:00:00'), label: '12:00' });
    expect(localStorage.getItem('sentinel-zone')).toBe('utc');
    chooseZone('local');
    expect(localStorage.getItem('sentinel-zone')).toBeNull();
    expect(parseTime(formatTyped(evening), 0)).toBe(evening);
  });
});
