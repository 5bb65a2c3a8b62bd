import { format as d3Format } from 'd3-format';

/** The units of the contract, plus the ones that only the page derives. */
export type Unit = 'ms' | 'req/min' | 'USD' | '%' | 'MB' | 'tokens' | 'count';

/** A number ready for the page: the unit is apart, so that it can be muted. */
export interface Quantity {
  prefix: string;
  text: string;
  unit: string;
}

/** "Not measured". Zero is `0`; a missing value is never shown as zero. */
export const NOT_MEASURED = '–';

const threeDigits = d3Format('.3r');
const grouped = d3Format(',.0f');

interface Scale {
  from: number;
  divisor: number;
  unit: string;
}

/** Largest first. `from` is where rounding to three digits would already show the larger unit. */
const SCALES: Record<'ms' | 'MB' | 'plain', Scale[]> = {
  ms: [
    { from: 3_599_500, divisor: 3_600_000, unit: 'h' },
    { from: 59_950, divisor: 60_000, unit: 'min' },
    { from: 999.5, divisor: 1000, unit: 's' },
    { from: 0.9995, divisor: 1, unit: 'ms' },
    { from: 0, divisor: 0.001, unit: 'µs' },
  ],
  MB: [
    { from: 999_500, divisor: 1_000_000, unit: 'TB' },
    { from: 999.5, divisor: 1000, unit: 'GB' },
    { from: 0.9995, divisor: 1, unit: 'MB' },
    { from: 0, divisor: 0.001, unit: 'kB' },
  ],
  plain: [
    { from: 999_500_000, divisor: 1_000_000_000, unit: 'G' },
    { from: 999_500, divisor: 1_000_000, unit: 'M' },
    { from: 9_999.5, divisor: 1000, unit: 'k' },
    { from: 0, divisor: 1, unit: '' },
  ],
};

function pickScale(scales: Scale[], magnitude: number): Scale {
  const found = scales.find((scale) => magnitude >= scale.from) ?? scales[scales.length - 1];
  if (!found) throw new Error('a scale table is empty');
  return found;
}

function digits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude >= 999.5) return grouped(value);
  return threeDigits(value);
}

function formatMoney(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude >= 99.995) return grouped(magnitude);
  if (magnitude >= 0.995) return magnitude.toFixed(2);
  const exact = threeDigits(magnitude);
  const trimmed = exact.replace(/0+$/, '');
  const decimals = trimmed.length - trimmed.indexOf('.') - 1;
  return decimals < 2 ? magnitude.toFixed(2) : trimmed;
}

/** Three significant digits with a unit that suits them; `null` and NaN are a dash. */
export function formatQuantity(value: number | null | undefined, unit: Unit): Quantity {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return { prefix: '', text: NOT_MEASURED, unit: '' };
  }
  switch (unit) {
    case 'USD':
      return { prefix: value < 0 ? '−$' : '$', text: formatMoney(value), unit: '' };
    case '%':
      return { prefix: '', text: digits(value), unit: '%' };
    case 'ms':
    case 'MB': {
      if (value === 0) return { prefix: '', text: '0', unit };
      const scale = pickScale(SCALES[unit], Math.abs(value));
      return { prefix: '', text: digits(value / scale.divisor), unit: scale.unit };
    }
    case 'req/min': {
      const scale = pickScale(SCALES.plain, Math.abs(value));
      return { prefix: '', text: digits(value / scale.divisor), unit: `${scale.unit}/min` };
    }
    case 'tokens':
    case 'count':
      return formatCount(value);
  }
}

function formatCount(value: number): Quantity {
  const scale = pickScale(SCALES.plain, Math.abs(value));
  const text =
    scale.divisor === 1 && Number.isInteger(value) ? grouped(value) : digits(value / scale.divisor);
  return { prefix: '', text, unit: scale.unit };
}

/** Percent, multiples and rates stand right at the number; other units after a space. */
export function isGlued(unit: string): boolean {
  return /^(%|[kMG]?(\/.*)?)$/.test(unit);
}

/** The same as one string, for titles, labels and axes. */
export function formatText(value: number | null | undefined, unit: Unit): string {
  const quantity = formatQuantity(value, unit);
  return `${quantity.prefix}${quantity.text}${isGlued(quantity.unit) ? '' : ' '}${quantity.unit}`;
}

/** Axis labels: as `formatText`, without trailing zeros. */
export function formatTick(value: number, unit: Unit): string {
  return formatText(value, unit)
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '');
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in its largest whole unit: `12 s`, `3 min`, `4 h`, `2 d`. */
export function formatDuration(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} d`;
}

/** How long something lasts, to the minute: `48 min`, `1 h 48 min`, `3 d 2 h`. */
export function formatLength(milliseconds: number): string {
  if (milliseconds < 2 * MINUTE) return `${Math.round(milliseconds / SECOND)} s`;
  const minutes = Math.round(milliseconds / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  const hours = minutes < 24 * 60 ? Math.floor(minutes / 60) : Math.round(minutes / 60);
  const [large, small, words] =
    minutes < 24 * 60
      ? [hours, minutes % 60, ['h', 'min']]
      : [Math.floor(hours / 24), hours % 24, ['d', 'h']];
  return small === 0 ? `${large} ${words[0]}` : `${large} ${words[0]} ${small} ${words[1]}`;
}

/** The age of an RFC 3339 time, or a dash where there is none. */
export function formatAge(time: string | null, nowMs: number): string {
  if (time === null) return NOT_MEASURED;
  const at = Date.parse(time);
  return Number.isFinite(at) ? formatDuration(nowMs - at) : NOT_MEASURED;
}

/** How long ago, in words; what never happened says so. */
export function formatAgo(time: string | null, nowMs: number): string {
  return time === null ? 'never' : `${formatAge(time, nowMs)} ago`;
}

/** A bucket's width in words: `5 s`, `1 min`, `2 h`. */
export function formatStep(stepMs: number): string {
  if (stepMs % DAY === 0) return `${stepMs / DAY} d`;
  if (stepMs % HOUR === 0) return `${stepMs / HOUR} h`;
  if (stepMs % MINUTE === 0) return `${stepMs / MINUTE} min`;
  return `${stepMs / SECOND} s`;
}
