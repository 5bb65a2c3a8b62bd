import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { getPreferences, preferencesKey, setPreferences } from '../services/preferences';
import type { PreferenceChange, Preferences } from '../services/types';
import type { Zone } from '../utils/zone';
import { chooseFirstRange } from './firstRange';
import { chooseTheme } from './theme';
import { chooseZone } from './zone';

/** How the server writes the zones that the page knows. */
export const ZONE_NAMES: Record<Zone, string> = { local: 'browser', utc: 'UTC' };

export function usePreferences() {
  return useQuery({
    queryKey: preferencesKey,
    queryFn: ({ signal }) => getPreferences(signal),
    staleTime: Infinity,
  });
}

function apply({ theme, time_zone: zone, range }: Preferences): void {
  // What was never set stays as this browser has it.
  if (theme !== null) chooseTheme(theme);
  if (zone === ZONE_NAMES.utc) chooseZone('utc');
  if (zone === ZONE_NAMES.local) chooseZone('local');
  chooseFirstRange(range);
}

/** What a person chose elsewhere holds here too. */
export function useAppliedPreferences(): void {
  const { data } = usePreferences();
  useEffect(() => {
    if (data) apply(data);
  }, [data]);
}

export function useSavePreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: PreferenceChange) => setPreferences(change),
    onSuccess: (preferences) => client.setQueryData<Preferences>(preferencesKey, preferences),
  });
}
