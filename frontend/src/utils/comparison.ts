import { formatText } from './format';

const SAME_PERCENT = 0.5;
/** From here on "300% more" is harder to read than a multiple. */
const MULTIPLE_FROM = 2.5;
const DIGITS_BELOW = 10;

/** How a sum compares with one before, in words that the one before follows; null where there is nothing to compare. */
export function comparison(now: number | null, before: number | null): string | null {
  if (now === null || before === null || before <= 0) return null;
  const percent = (now / before - 1) * 100;
  if (Math.abs(percent) < SAME_PERCENT) return 'the same as';
  if (now / before >= MULTIPLE_FROM) return `${formatText(now / before, 'count')} times as much as`;
  const size = Math.abs(percent).toFixed(Math.abs(percent) < DIGITS_BELOW ? 1 : 0);
  return `${size}% ${percent > 0 ? 'more' : 'less'} than`;
}
