import { newestValue } from '../../utils/frame';
import type { PreparedPanel } from './panel';

/** Names closer than this would lie on each other. */
export const END_LINE_PX = 16;

/** Where the name of a line stands: beside its last value, or as near as the other names leave room. */
export function prepareEnds(panel: PreparedPanel, toY: (value: number) => number): Map<string, number> {
  const ends = panel.spec.readouts
    .filter((readout) => readout.end === true)
    .flatMap(({ metric }) => {
      const newest = newestValue(panel.columns.get(metric) ?? new Float64Array(0));
      return newest === null ? [] : [{ metric, y: toY(newest.value) }];
    })
    .sort((left, right) => left.y - right.y);
  let above = END_LINE_PX / 2 - END_LINE_PX;
  for (const end of ends) above = end.y = Math.max(end.y, above + END_LINE_PX);
  let below = panel.heightPx + END_LINE_PX / 2;
  for (const end of ends.reverse()) below = end.y = Math.min(end.y, below - END_LINE_PX);
  return new Map(ends.map(({ metric, y }) => [metric, y]));
}
