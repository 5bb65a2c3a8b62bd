import { format as d3Format } from 'd3-format';
import { formatTick, type Unit } from '../../utils/format';

export interface ValueTick {
  value: number;
  label: string;
}

export interface ValueAxis {
  /** Zero, but where something lies below it. */
  min: number;
  max: number;
  /** Three: zero, the middle and the top; or the bottom, zero and the top. */
  ticks: ValueTick[];
}

/** Tops whose halves are short numbers too. */
const TOPS = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** What an axis shows where nothing was measured, or only zeros. */
const EMPTY_TOP: Record<Unit, number> = {
  ms: 100,
  'req/min': 10,
  USD: 0.01,
  '%': 100,
  MB: 100,
  tokens: 100,
  count: 10,
};

export function niceTop(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max));
  const top = TOPS.find((candidate) => candidate * power >= max * (1 - 1e-9)) ?? 10;
  return Number((top * power).toPrecision(3));
}

/** What a top is a short number of: durations are read in minutes and hours, which are not powers of ten. */
function roundIn(unit: Unit, value: number): number {
  if (unit !== 'ms') return 1;
  return value > 3_600_000 ? 3_600_000 : value > 60_000 ? 60_000 : 1;
}

function topOf(value: number, unit: Unit): number {
  const whole = roundIn(unit, value);
  return niceTop(value / whole) * whole;
}

const thousands = d3Format('~s');
const exponent = d3Format('~e');
/** So many characters fit the gutter, beside `/min` fewer. */
const LONGEST = 7;
const LONGEST_RATE = 4;

/** What would not fit the gutter is told in thousands, or by its exponent. */
function tickLabel(value: number, unit: Unit): string {
  const text = formatTick(value, unit);
  const [before, after] = [unit === 'USD' ? '$' : '', unit === 'req/min' ? '/min' : ''];
  const fits = after === '' ? text.length <= LONGEST : text.length - after.length <= LONGEST_RATE;
  const magnitude = Math.abs(value);
  if (value === 0 || fits || (magnitude >= 0.01 && magnitude < 1000)) return text;
  return `${value < 0 ? '−' : ''}${before}${(magnitude < 1 ? exponent : thousands)(magnitude)}${after}`;
}

/** A zero base and three grid lines. Percent always runs to 100, so that half full looks half full. */
export function prepareValueAxis(dataMax: number, unit: Unit, dataMin = 0): ValueAxis {
  const top = dataMax > 0 ? topOf(dataMax, unit) : dataMin < 0 ? 0 : EMPTY_TOP[unit];
  const max = unit === '%' ? Math.max(100, top) : top;
  const min = dataMin < 0 ? -topOf(-dataMin, unit) : 0;
  const places = min < 0 ? [...new Set([min, 0, max])] : [0, max / 2, max];
  const ticks = places.map((value) => ({ value, label: value === 0 ? '0' : tickLabel(value, unit) }));
  return { min, max, ticks };
}
