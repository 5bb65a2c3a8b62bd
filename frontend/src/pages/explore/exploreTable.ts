import { max, mean, min } from 'd3-array';
import type { ExploreAnswer } from '../../services/explore';
import { csvText, type CsvValue } from '../../utils/csv';
import { NOT_MEASURED, type Unit } from '../../utils/format';
import { newestValue, sumValues } from '../../utils/frame';
import type { Metric } from './exploreMetrics';
import { groupWord, NO_GROUPS } from './exploreQuestion';
import { exploreGroups, seriesOf, type ExploreGroup } from './exploreSeries';

/** A metric of a group over the whole range. Null is "not measured". */
export interface ExploreCell {
  metric: string;
  unit: Unit;
  value: number | null;
  before: number | null;
  /** Percent; null where there is nothing to compare. */
  change: number | null;
}

export interface ExploreRow {
  group: ExploreGroup;
  cells: ExploreCell[];
}

/** The range as one value: sums are added up, of extremes the extreme; else the mean of the buckets. */
export function overRange(values: Float64Array, { aggregate }: Metric): number | null {
  const measured = values.filter((value) => !Number.isNaN(value));
  if (measured.length === 0) return null;
  if (aggregate === 'sum' || aggregate === 'count') return sumValues(measured);
  if (aggregate === 'max') return max(measured) ?? null;
  if (aggregate === 'min') return min(measured) ?? null;
  if (aggregate === 'last') return newestValue(measured)?.value ?? null;
  return mean(measured) ?? null;
}

function changeOf(value: number | null, before: number | null): number | null {
  return value === null || before === null || before === 0
    ? null
    : ((value - before) / Math.abs(before)) * 100;
}

const DIGITS_BELOW = 10;

/** `+12%`; a dash where there is nothing to compare. */
export function changeText({ change }: ExploreCell): string {
  if (change === null) return NOT_MEASURED;
  const size = Math.abs(change);
  const text = size < DIGITS_BELOW ? size.toFixed(1) : size.toFixed(0);
  if (Number(text) === 0) return '±0%';
  return `${change < 0 ? '−' : '+'}${text}%`;
}

export function prepareExploreRows(answer: ExploreAnswer, metrics: readonly Metric[]): ExploreRow[] {
  const { frame, question } = answer;
  return exploreGroups(frame, question.groupBy).map((group) => ({
    group,
    cells: metrics.map((metric) => {
      const series = seriesOf(frame, metric.text, group);
      const value = series ? overRange(series.values, metric) : null;
      const before = series && question.previous ? overRange(series.previous, metric) : null;
      const unit = series?.unit ?? metric.info.unit;
      return { metric: metric.text, unit, value, before, change: changeOf(value, before) };
    }),
  }));
}

type ViewLine = Record<string, CsvValue>;

function at(values: Float64Array | undefined, index: number): number | null {
  const value = values?.[index];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** Every value of the charts, without rounding: a line for each bucket and group. */
export function exploreLines(answer: ExploreAnswer, metrics: readonly Metric[]): ViewLine[] {
  const { frame, question } = answer;
  const grouped = question.groupBy !== NO_GROUPS;
  const groups = exploreGroups(frame, question.groupBy).map((group) => ({
    group,
    columns: metrics.map((metric) => ({ metric, series: seriesOf(frame, metric.text, group) })),
  }));
  return [...frame.times].flatMap((time, index) =>
    groups.map(({ group, columns }) => {
      const line: ViewLine = { start: new Date(time).toISOString() };
      if (grouped) line[groupWord(question.groupBy)] = group.name;
      for (const { metric, series } of columns) line[metric.text] = at(series?.values, index);
      if (question.previous) {
        for (const { metric, series } of columns)
          line[`previous ${metric.text}`] = at(series?.previous, index);
      }
      return line;
    }),
  );
}

export function exploreCsv(answer: ExploreAnswer, metrics: readonly Metric[]): string {
  const lines = exploreLines(answer, metrics);
  const head = Object.keys(lines[0] ?? { start: null });
  return csvText([head, ...lines.map((line) => head.map((name) => line[name] ?? null))]);
}

export function exploreJson(answer: ExploreAnswer, metrics: readonly Metric[]): string {
  return `${JSON.stringify(exploreLines(answer, metrics), null, 1)}\n`;
}
