import { METRICS, type MetricInfo } from '../../charts/prepare/metricCatalog';
import type { Configuration, ConfigurationChange } from '../../services/types';

/** A configuration as it stands in the form: text, until it is sent. */
export interface Draft {
  enabled: boolean;
  interval: string;
  /** Days. */
  retention: string;
  thresholds: Record<string, { warn: string; critical: string }>;
}

/** Metrics that can have thresholds in the dialog. */
export const THRESHOLD_METRICS: readonly MetricInfo[] = METRICS;

const text = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : String(value);

export function toDraft(configuration: Configuration): Draft {
  const thresholds = Object.fromEntries(
    THRESHOLD_METRICS.map(({ name }) => {
      const pair = configuration.thresholds[name];
      return [name, { warn: text(pair?.warn), critical: text(pair?.critical) }];
    }),
  );
  const { enabled, interval_s: interval, retention_days: retention } = configuration;
  return { enabled, interval: text(interval), retention: text(retention), thresholds };
}

const SHORTEST_INTERVAL_S = 0.2;
const LONGEST_INTERVAL_S = 3600;
const LONGEST_RETENTION_DAYS = 36_500;

function readNumber(written: string): number | null | undefined {
  if (written.trim() === '') return null;
  const value = Number(written.trim().replace(',', '.'));
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

export type DraftResult = { change: ConfigurationChange } | { problem: string };

function readThreshold(info: MetricInfo, pair: { warn: string; critical: string }) {
  const warn = readNumber(pair.warn);
  const critical = readNumber(pair.critical);
  if (warn === undefined || critical === undefined) {
    return { problem: `The thresholds of ${info.title} must be numbers of ${info.unit}, or empty.` };
  }
  if (warn !== null && critical !== null && critical < warn) {
    return { problem: `${info.title}: critical must not be below warn.` };
  }
  return { pair: { warn, critical } };
}

/** What to send, or why it cannot be sent. Thresholds that the form does not show stay as they are. */
export function fromDraft(draft: Draft, before: Configuration): DraftResult {
  const interval = readNumber(draft.interval);
  if (typeof interval !== 'number' || interval < SHORTEST_INTERVAL_S || interval > LONGEST_INTERVAL_S) {
    return {
      problem: `The interval must be between ${SHORTEST_INTERVAL_S} and ${LONGEST_INTERVAL_S} seconds.`,
    };
  }
  const retention = Number(draft.retention.trim());
  if (!Number.isInteger(retention) || retention < 1 || retention > LONGEST_RETENTION_DAYS) {
    return { problem: `Records are kept for a whole number of days, 1 to ${LONGEST_RETENTION_DAYS}.` };
  }
  const thresholds = { ...before.thresholds };
  for (const info of THRESHOLD_METRICS) {
    const read = readThreshold(info, draft.thresholds[info.name] ?? { warn: '', critical: '' });
    if (read.pair === undefined) return { problem: read.problem };
    if (before.thresholds[info.name] || read.pair.warn !== null || read.pair.critical !== null) {
      thresholds[info.name] = read.pair;
    }
  }
  return {
    change: { enabled: draft.enabled, interval_s: interval, retention_days: retention, thresholds },
  };
}
