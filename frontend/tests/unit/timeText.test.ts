import { describe, expect, it } from 'vitest';
import { formatMoment, formatSpan, zoneName } from '../../src/utils/timeText';

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
