import type { Hue } from '../../design/hues';
import type { GroupedFrame, GroupSeries } from '../../services/metrics';
import { groupWord, NO_GROUPS } from './exploreQuestion';

/** One group with its name and hue: the same in every chart, in the table and in the file. */
export interface ExploreGroup {
  key: string;
  name: string;
  hue: Hue;
  other: boolean;
}

const GROUP_HUES: readonly Hue[] = ['blue', 'cyan', 'violet', 'magenta', 'rose'];
const OTHERS_HUE: Hue = 'slate';

export function groupKey({ key, other }: GroupSeries): string {
  return other ? 'other' : `group ${key}`;
}

function nameOf({ name, other }: GroupSeries, groupBy: string): string {
  if (other) return 'All others';
  if (groupBy === NO_GROUPS) return 'All';
  if (name !== '') return name;
  const word = groupWord(groupBy);
  return groupBy.startsWith('label:') ? `no ${word}` : `no ${word} named`;
}

/**
 * By name, the others last: when values change, no line changes its hue or its place. The server decides by the first
 * metric which groups these are.
 */
export function exploreGroups(frame: GroupedFrame, groupBy: string): ExploreGroup[] {
  const found = new Map<string, GroupSeries>();
  for (const series of frame.series) if (!found.has(groupKey(series))) found.set(groupKey(series), series);
  return [...found]
    .map(([key, series]) => ({ key, name: nameOf(series, groupBy), other: series.other }))
    .sort(
      (left, right) => Number(left.other) - Number(right.other) || left.name.localeCompare(right.name, 'en'),
    )
    .map((group, rank) => ({ ...group, hue: group.other ? OTHERS_HUE : (GROUP_HUES[rank] ?? OTHERS_HUE) }));
}

export function seriesOf(frame: GroupedFrame, metric: string, group: ExploreGroup): GroupSeries | undefined {
  return frame.series.find((series) => series.metric === metric && groupKey(series) === group.key);
}
