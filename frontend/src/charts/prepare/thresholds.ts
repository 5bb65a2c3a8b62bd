import { formatTick, type Unit } from '../../utils/format';

export type ThresholdLevel = 'warn' | 'critical';

export interface ThresholdLine {
  level: ThresholdLevel;
  value: number;
  label: string;
  /** False where drawing it would flatten the data: then only its label is shown, at the top. */
  inside: boolean;
}

export interface ThresholdPair {
  warn: number | null;
  critical: number | null;
}

/** A threshold further away than this many times the data's top does not stretch the axis. */
const STRETCH = 2;

export function prepareThresholds(
  pair: ThresholdPair | undefined,
  dataMax: number,
  unit: Unit,
): ThresholdLine[] {
  if (!pair) return [];
  const fixedTop = unit === '%' ? 100 : 0;
  const reach = Math.max(dataMax * STRETCH, fixedTop);
  return (['warn', 'critical'] as const).flatMap((level) => {
    const value = pair[level];
    if (value === null) return [];
    return [{ level, value, label: `${level} ${formatTick(value, unit)}`, inside: value <= reach }];
  });
}
