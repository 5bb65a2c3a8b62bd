import { useMemo } from 'react';
import type { LegendChoice } from '../charts/PanelTitle';
import { useViewParams } from '../state/urlState';

/** One name for all charts of a page, in its address: which one is shown alone. */
export function useOneLegend(): { isolated: string | null; legend: LegendChoice } {
  const { params, change } = useViewParams();
  const isolated = params.get('only');
  const legend = useMemo(
    () => ({
      isolated: () => isolated,
      onIsolate: (_: string, name: string | null) => change({ only: name }, 'replace'),
    }),
    [isolated, change],
  );
  return { isolated, legend };
}
