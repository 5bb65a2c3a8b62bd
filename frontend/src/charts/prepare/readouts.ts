import { bisectRight } from 'd3-array';
import { formatQuantity, formatStep, formatText, type Quantity } from '../../utils/format';
import { newestValue, sumValues } from '../../utils/frame';
import type { PreparedPanel } from './panel';
import { canStandAlone, IN_RANGE, type ReadoutSpec, type Swatch } from './panelSpecs';
import type { Hue } from '../../design/hues';

export interface Readout {
  key: string;
  label: string;
  hue: Hue;
  swatch: Swatch;
  value: number | null;
  quantity: Quantity;
  legend: boolean;
  end: boolean;
  /** Whether its ink can be shown alone. */
  canStandAlone: boolean;
}

/** The bucket under a moment, or -1. */
export function bucketAt(times: Float64Array, stepMs: number, ms: number): number {
  const index = bisectRight(times, ms) - 1;
  const start = times[index];
  return start !== undefined && ms < start + stepMs ? index : -1;
}

/** The value under a moment. Where samples are rarer than buckets, the last one still holds for the joined distance. */
export function valueAt(panel: PreparedPanel, values: Float64Array, ms: number): number | null {
  for (let index = bisectRight(panel.times, ms) - 1; index >= 0; index -= 1) {
    const start = panel.times[index];
    if (start === undefined || ms - start > panel.toleranceMs) return null;
    const value = values[index];
    if (value !== undefined && !Number.isNaN(value)) return value;
  }
  return null;
}

/** A live range tells what is now: once an agent is silent its last value is no longer that. */
function atRest(panel: PreparedPanel, spec: ReadoutSpec, values: Float64Array): number | null {
  if (spec.rest === 'sum') return sumValues(values);
  if (panel.restMs !== null) return valueAt(panel, values, panel.restMs);
  return newestValue(values)?.value ?? null;
}

function inBucket(panel: PreparedPanel, values: Float64Array, ms: number): number | null {
  const value = values[bucketAt(panel.times, panel.stepMs, ms)];
  return value === undefined || Number.isNaN(value) ? null : value;
}

function labelOf(spec: ReadoutSpec, panel: PreparedPanel, atMs: number | null): string {
  return spec.label === IN_RANGE && atMs !== null ? `in ${formatStep(panel.stepMs)}` : spec.label;
}

/** The numbers of a panel's title: at a moment, or where that is null as they are now. */
export function prepareReadouts(panel: PreparedPanel, atMs: number | null): Readout[] {
  return panel.spec.readouts.flatMap((spec) => {
    const values = panel.columns.get(spec.metric);
    // Of several series one that nobody sent is left out; that there was no time before is told.
    const leftOut = spec.label !== '' && spec.swatch !== 'ghost';
    if (!values || (leftOut && newestValue(values) === null)) return [];
    const read = spec.rest === 'sum' ? inBucket : valueAt;
    const value = atMs === null ? atRest(panel, spec, values) : read(panel, values, atMs);
    return [
      {
        key: spec.metric,
        label: labelOf(spec, panel, atMs),
        hue: spec.hue,
        swatch: spec.swatch,
        value,
        quantity: formatQuantity(value, panel.spec.info.unit),
        legend: spec.legend === true,
        end: spec.end === true,
        canStandAlone: canStandAlone(panel.spec, spec),
      },
    ];
  });
}

/** A panel in one sentence, for those who do not see it: at a moment, or as it is now. */
export function describePanel(panel: PreparedPanel, atMs: number | null = null): string {
  const { title } = panel.spec.info;
  if (!panel.measured) return `${title}: not measured in this range`;
  const values = prepareReadouts(panel, atMs).map((readout) =>
    `${readout.label} ${formatText(readout.value, panel.spec.info.unit)}`.trim(),
  );
  return `${title}: ${values.join(', ')}`;
}
