import { useMemo } from 'react';
import { preparePanel, type PreparedPanel } from '../../charts/prepare/panel';
import {
  AGENT_PANELS,
  comparedPanel,
  customPanels,
  isolatedPanel,
  type PanelSpec,
} from '../../charts/prepare/panelSpecs';
import { shiftFrame, withPrevious } from '../../charts/prepare/previous';
import { prepareSilences } from '../../charts/prepare/silences';
import { withTokens } from '../../charts/prepare/tokens';
import type { Agent, Configuration } from '../../services/types';
import type { Frame } from '../../utils/frame';
import type { TimeWindow } from '../../utils/range';
import { aloneIn } from './alone';

const COMPARED_PANELS = AGENT_PANELS.map(comparedPanel);
const COMPARED_COLUMNS = AGENT_PANELS.map((panel) => panel.compares);

export interface PanelInput {
  frame: Frame | undefined;
  previous: { frame: Frame | undefined; shiftMs: number };
  /** Names of custom metrics with a panel of their own. */
  custom: readonly string[];
  /** What is shown alone, as the address has it. */
  alone: string | null;
  agent: Agent;
  window: TimeWindow;
  nowMs: number;
  thresholds: Configuration['thresholds'] | undefined;
}

/** A panel with one of its names alone; where nobody sent that one in this range, with all of them. */
function prepareAlone(
  spec: PanelSpec,
  alone: string | null,
  prepare: (spec: PanelSpec) => PreparedPanel,
): PreparedPanel {
  const isolated = isolatedPanel(spec, aloneIn(alone, spec.info.name));
  const prepared = prepare(isolated);
  return prepared.measured || isolated === spec ? prepared : prepare(spec);
}

/** Every panel of an agent, decided. */
export function usePanels(input: PanelInput): PreparedPanel[] {
  const { frame, previous, custom, alone, agent, window, nowMs, thresholds } = input;
  const { startMs, endMs, live } = window;
  const { frame: before, shiftMs } = previous;
  const intervalMs = agent.interval_s * 1000;
  const createdMs = Date.parse(agent.created_at);
  const ghost = useMemo(
    () => (before ? withTokens(shiftFrame(before, shiftMs)) : undefined),
    [before, shiftMs],
  );
  const compared = ghost !== undefined;
  const specs = useMemo(
    () => [...(compared ? COMPARED_PANELS : AGENT_PANELS), ...customPanels(custom)],
    [compared, custom],
  );
  return useMemo(() => {
    if (!frame) return [];
    const context = { window: { startMs, endMs, live }, nowMs, intervalMs, createdMs };
    const silences = prepareSilences(frame, context);
    const whole = withTokens(frame);
    const shown = ghost ? withPrevious(whole, ghost, COMPARED_COLUMNS) : whole;
    const prepare = (spec: PanelSpec): PreparedPanel =>
      preparePanel(spec, shown, { ...context, silences, thresholds: thresholds?.[spec.info.name] });
    return specs.map((spec) => prepareAlone(spec, alone, prepare));
  }, [frame, ghost, specs, alone, startMs, endMs, live, nowMs, intervalMs, createdMs, thresholds]);
}
