import type { ReactNode } from 'react';
import { ErrorState } from '../../components/ErrorState';
import { Placeholder } from '../../components/Placeholder';
import { Segmented } from '../../components/Segmented';
import { useFirstRange } from '../../state/firstRange';
import { usePreferences, useSavePreferences, ZONE_NAMES } from '../../state/preferences';
import { chooseTheme, useTheme, type ThemeChoice } from '../../state/theme';
import { chooseZone, useZone } from '../../state/zone';
import { DEFAULT_RANGE, RANGE_PRESETS } from '../../utils/range';
import type { Zone } from '../../utils/zone';
import styles from './Settings.module.css';

const THEMES: readonly { value: ThemeChoice; words: string }[] = [
  { value: 'system', words: 'As the system' },
  { value: 'light', words: 'Light' },
  { value: 'dark', words: 'Dark' },
];

const ZONES: readonly { value: Zone; words: string }[] = [
  { value: 'local', words: 'Of the browser' },
  { value: 'utc', words: 'UTC' },
];

const RANGES = RANGE_PRESETS.map(({ start, label }) => ({ value: start, words: label }));

/** How I like the dashboard: it follows me to other browsers. */
export function MinePart(): ReactNode {
  const preferences = usePreferences();
  const { choice } = useTheme();
  const zone = useZone();
  const range = useFirstRange();
  const save = useSavePreferences();
  if (preferences.isPending) return <Placeholder label="Loading your preferences" rows={3} />;
  if (preferences.data === undefined) {
    return (
      <ErrorState
        title="Your preferences cannot be shown"
        detail={preferences.error.message}
        onRetry={() => preferences.refetch()}
      />
    );
  }
  const chooseMyTheme = (theme: ThemeChoice): void => {
    chooseTheme(theme);
    save.mutate({ theme });
  };
  const chooseMyZone = (next: Zone): void => {
    chooseZone(next);
    save.mutate({ time_zone: ZONE_NAMES[next] });
  };
  const chooseMyRange = (start: string): void =>
    save.mutate({ range: start === DEFAULT_RANGE.start ? null : start });
  return (
    <div className={styles.mine}>
      <span>Theme</span>
      <Segmented label="Theme" options={THEMES} value={choice} onChange={chooseMyTheme} />
      <span>Times</span>
      <Segmented label="Times" options={ZONES} value={zone} onChange={chooseMyZone} />
      <span>Fleet and agents begin with the last</span>
      <Segmented label="First range" options={RANGES} value={range.start} onChange={chooseMyRange} />
      <p className={save.isError ? styles.problem : styles.note} role={save.isError ? 'alert' : 'status'}>
        {save.isError ? `Not saved: ${save.error.message}` : 'Kept for you, in every browser.'}
      </p>
    </div>
  );
}
