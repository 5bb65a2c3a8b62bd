// A scene is what charts show of chosen data. Nothing in it depends on the clock, the zone or the machine.
import type { Span } from '../../src/charts/geometry';
import { preparePanel, type PreparedPanel } from '../../src/charts/prepare/panel';
import { AGENT_PANELS, type PanelSpec } from '../../src/charts/prepare/panelSpecs';
import { prepareSilences } from '../../src/charts/prepare/silences';
import { withTokens } from '../../src/charts/prepare/tokens';
import type { SparklineProps } from '../../src/charts/draw/Sparkline';
import type { AgentEvent } from '../../src/services/types';
import type { Frame } from '../../src/utils/frame';
import { frameOf, NOON } from '../support/samples';

export const MINUTE = 60_000;
export const BUCKETS = 60;
/** The page is this wide, with nothing around its charts. */
export const PAGE_PX = 720;

export interface StackScene {
  name: string;
  about: string;
  panels: readonly PreparedPanel[];
  events: readonly AgentEvent[] | null;
  span: Span;
  nowMs: number;
  stepMs: number;
  /** Where the crosshair stands. */
  atMs: number | null;
  selection: Span | null;
}

export interface SparklineScene {
  name: string;
  about: string;
  sparklines: readonly SparklineProps[];
}

export type Scene = StackScene | SparklineScene;

/** An hour by minutes. Its last bucket is still open. */
const HOUR = { startMs: NOON - BUCKETS * MINUTE, endMs: NOON };
const NOW_MS = NOON - 20_000;

export type Columns = Record<string, (number | null)[]>;

interface SceneParts extends Partial<StackScene> {
  thresholds?: Record<string, { warn: number | null; critical: number | null }>;
}

export function specOf(name: string): PanelSpec {
  const found = AGENT_PANELS.find((spec) => spec.info.name === name);
  if (!found) throw new Error(`no panel ${name}`);
  return found;
}

/** Panels of an agent that samples every five seconds. */
export function preparePanels(
  specs: readonly PanelSpec[],
  frame: Frame,
  thresholds: SceneParts['thresholds'] = {},
): PreparedPanel[] {
  const window = { ...HOUR, live: true };
  const context = { window, nowMs: NOW_MS, intervalMs: 5000, createdMs: 0 };
  const silences = prepareSilences(frame, context);
  const whole = withTokens(frame);
  return specs.map((spec) =>
    preparePanel(spec, whole, { ...context, silences, thresholds: thresholds[spec.info.name] }),
  );
}

/** A scene of panels that are prepared already. */
export function sceneOf(
  name: string,
  about: string,
  panels: readonly PreparedPanel[],
  part: Partial<StackScene> = {},
): StackScene {
  return {
    name,
    about,
    panels,
    events: null,
    span: HOUR,
    nowMs: NOW_MS,
    stepMs: MINUTE,
    atMs: null,
    selection: null,
    ...part,
  };
}

/** A scene of the agent page. */
export function agentScene(name: string, about: string, columns: Columns, part: SceneParts = {}): StackScene {
  const { thresholds, ...rest } = part;
  const wanted = [...new Set(Object.keys(columns).map((column) => column.slice(0, column.indexOf(':'))))];
  const names = wanted.map((metric) => (metric.endsWith('_tokens') ? 'tokens' : metric));
  const specs = AGENT_PANELS.filter((spec) => names.includes(spec.info.name));
  return sceneOf(name, about, preparePanels(specs, hourFrame(columns), thresholds), rest);
}

export function hourFrame(columns: Columns): Frame {
  return frameOf(HOUR.startMs, MINUTE, columns);
}

/** Up and down between two values, never twice the same way. By four sums alone, so that every engine makes the same of it. */
export function wave(low: number, high: number, period: number, length = BUCKETS): number[] {
  let noise = period;
  return Array.from({ length }, (_, index) => {
    const phase = (index % period) / period;
    const slope = phase < 0.5 ? 2 * phase : 2 - 2 * phase;
    noise = (noise * 16_807) % 2_147_483_647;
    return low + (high - low) * (0.8 * slope + (0.2 * noise) / 2_147_483_647);
  });
}

/** The same with nothing measured in some buckets. */
export function without(values: readonly (number | null)[], from: number, until: number): (number | null)[] {
  return values.map((value, index) => (index >= from && index < until ? null : value));
}

/** One value among nothing. */
export function only(value: number, at: number): (number | null)[] {
  return Array.from({ length: BUCKETS }, (_, index) => (index === at ? value : null));
}

/** A fault to prove that scenes find one: all that was up is down. */
export function flipAxes(scene: Scene): Scene {
  if ('sparklines' in scene) return scene;
  const panels = scene.panels.map((panel) => ({
    ...panel,
    axis: { ...panel.axis, min: panel.axis.max, max: panel.axis.min },
  }));
  return { ...scene, panels };
}
