import type { System } from '../../services/types';
import { formatAgo, formatDuration, formatLength, formatText, formatTick } from '../../utils/format';
import { formatStart } from '../../utils/timeText';

/** `unknown`: another process knows, or there is nothing to know yet; `absent`: it was not wanted. */
export type HealthState = 'fine' | 'attention' | 'failing' | 'unknown' | 'absent';

export interface HealthFact {
  name: string;
  value: string;
}

/** One part of Sentinel: how it is, why, and its figures. */
export interface HealthPart {
  title: string;
  state: HealthState;
  /** What is wrong, or why nothing is known; null where it is fine. */
  why: string | null;
  facts: HealthFact[];
}

const QUIET_MS = 5 * 60_000;
/** The contract's own lines: beyond them a pass of sums, or a sealing, fails. */
const SUMS_LATE_S = 120;
const SUMS_FAILING_S = 1800;
const SEALING_LATE_S = 86_400;
const SPOOL_FULL_SHARE = 0.8;
const DISK_SOON_DAYS = 14;
const DISK_NOW_DAYS = 2;
const DISK_SCARCE_SHARE = 0.1;
const DISK_FULL_SHARE = 0.03;

function bytesText(bytes: number): string {
  return bytes < 1000 ? `${Math.round(bytes)} B` : formatText(bytes / 1e6, 'MB');
}

function countText(count: number): string {
  return formatText(count, 'count');
}

type Verdict = Pick<HealthPart, 'state' | 'why'>;

const FINE: Verdict = { state: 'fine', why: null };

function ingestVerdict({ newest_commit_at: newest }: System['ingest'], nowMs: number): Verdict {
  if (newest === null) return { state: 'unknown', why: 'No record has come yet.' };
  const silentMs = nowMs - Date.parse(newest);
  if (silentMs <= QUIET_MS) return FINE;
  return { state: 'attention', why: `No record has come for ${formatDuration(silentMs)}.` };
}

function ingestPart({ ingest }: System, nowMs: number): HealthPart {
  const { process } = ingest;
  const facts = [
    { name: 'records a minute', value: formatTick(ingest.records_per_minute, 'count') },
    { name: 'newest commit', value: formatAgo(ingest.newest_commit_at, nowMs) },
  ];
  if (process !== null) {
    facts.push(
      { name: 'a commit takes', value: formatText(process.commit_ms, 'ms') },
      { name: 'waits for a commit', value: bytesText(process.queue_bytes) },
      { name: 'records since the start', value: countText(process.records) },
      { name: 'given up without an outcome', value: countText(process.failures) },
    );
  }
  return { title: 'Ingest', ...ingestVerdict(ingest, nowMs), facts };
}

type Process = NonNullable<System['ingest']['process']>;
type Spool = NonNullable<Process['spool']>;

function spoolVerdict(spool: Spool): Verdict {
  if (spool.database_away) {
    return { state: 'failing', why: 'The database is away: what comes is kept on disk until it is back.' };
  }
  if (spool.limit_bytes > 0 && spool.bytes > SPOOL_FULL_SHARE * spool.limit_bytes) {
    return { state: 'attention', why: 'It is nearly full: then requests are refused.' };
  }
  if (spool.set_aside > 0) {
    const one = spool.set_aside === 1;
    const why = `${countText(spool.set_aside)} record${one ? '' : 's'} that the database refused for good ${one ? 'is' : 'are'} set aside in refused.ndjson.`;
    return { state: 'attention', why };
  }
  return spool.batches > 0 ? { state: 'attention', why: 'What was kept is being stored.' } : FINE;
}

function spoolPart({ ingest }: System): HealthPart {
  const title = 'Spool';
  const { process } = ingest;
  if (process === null) {
    const why = 'metrics-api is another process: its figures are at its /metrics.';
    return { title, state: 'unknown', why, facts: [] };
  }
  const { spool } = process;
  if (spool === null) {
    const why = 'There is none: while the database is away, requests are refused.';
    return { title, state: 'absent', why, facts: [] };
  }
  const facts = [
    { name: 'batches wait', value: countText(spool.batches) },
    { name: 'on disk', value: bytesText(spool.bytes) },
    { name: 'room for', value: bytesText(spool.limit_bytes) },
    { name: 'set aside', value: countText(spool.set_aside) },
  ];
  return { title, ...spoolVerdict(spool), facts };
}

function sumsVerdict(waitingS: number | null): Verdict {
  if (waitingS === null || waitingS <= SUMS_LATE_S) return FINE;
  const why = `Commits have waited for ${formatDuration(waitingS * 1000)}: the log of the worker says why. Answers stay exact, and take longer.`;
  return { state: waitingS > SUMS_FAILING_S ? 'failing' : 'attention', why };
}

function sumsPart({ sums }: System, nowMs: number): HealthPart {
  return {
    title: 'Sums',
    ...sumsVerdict(sums.waiting_s),
    facts: [
      { name: 'minutes', value: formatAgo(sums.minutes_at, nowMs) },
      { name: 'hours', value: formatAgo(sums.hours_at, nowMs) },
      { name: 'days', value: formatAgo(sums.days_at, nowMs) },
      { name: 'commits wait', value: countText(sums.waiting_batches) },
    ],
  };
}

function sealingVerdict({ waiting, waiting_s: waitingS }: System['sealing']): Verdict {
  if (waitingS === null || waitingS <= SEALING_LATE_S) return FINE;
  const which = waiting === 1 ? 'A generation has' : `${countText(waiting)} generations have`;
  const why = `${which} waited for ${formatDuration(waitingS * 1000)}: the log of the worker says why. Nothing is lost, but disk is used.`;
  return { state: 'attention', why };
}

function sealingPart({ sealing }: System, nowMs: number): HealthPart {
  const { newest } = sealing;
  const last = newest === null ? 'none yet' : formatAgo(newest.sealed_at, nowMs);
  return {
    title: 'Sealing',
    ...sealingVerdict(sealing),
    facts: [
      { name: 'generations open', value: countText(sealing.open) },
      { name: 'over, and wait', value: countText(sealing.waiting) },
      { name: 'newest sealed', value: last },
      ...(newest === null
        ? []
        : [
            { name: 'of that', value: `${countText(newest.records)} records` },
            { name: 'its number', value: String(newest.generation) },
          ]),
    ],
  };
}

const UNMEASURED = 'known after a day';

function growthText(perDay: number | null): string {
  if (perDay === null) return UNMEASURED;
  return `${perDay < 0 ? '−' : ''}${bytesText(Math.abs(perDay))} a day`;
}

function databasePart({ database }: System, nowMs: number): HealthPart {
  const { measured_since: since } = database;
  return {
    title: 'Database',
    ...FINE,
    facts: [
      // What a distribution adds says nothing more.
      { name: 'PostgreSQL', value: database.version.replace(/ .*$/, '') },
      { name: 'takes', value: bytesText(database.bytes) },
      { name: 'grows', value: growthText(database.bytes_per_day) },
      ...(since === null ? [] : [{ name: 'measured since', value: formatStart(Date.parse(since), nowMs) }]),
      { name: 'schema', value: String(database.schema) },
    ],
  };
}

type Disk = NonNullable<System['database']['disk']>;

const LONG_DAYS = 3650;
const DAY_MS = 86_400_000;

/** When a disk will be full, or that it will not. */
export function diskForecast(daysLeft: number | null, nowMs: number): string {
  if (daysLeft === null) return 'not at this pace';
  if (daysLeft > LONG_DAYS) return 'not within ten years';
  if (daysLeft > 365) return `in about ${(daysLeft / 365).toFixed(1)} years`;
  const when = formatStart(Math.floor(nowMs / DAY_MS + daysLeft) * DAY_MS, nowMs).replace(/ \d\d:\d\d$/, '');
  return daysLeft < 2 ? `in ${formatLength(daysLeft * DAY_MS)}` : `in ${Math.floor(daysLeft)} days (${when})`;
}

function diskVerdict(disk: Disk): Verdict {
  const days = disk.days_left ?? Number.POSITIVE_INFINITY;
  const share = disk.free_bytes / disk.total_bytes;
  const why = `Free some, or keep records for a shorter time: ${bytesText(disk.free_bytes)} are left.`;
  if (days < DISK_NOW_DAYS || share < DISK_FULL_SHARE) return { state: 'failing', why };
  if (days < DISK_SOON_DAYS || share < DISK_SCARCE_SHARE) return { state: 'attention', why };
  return FINE;
}

function diskPart({ database }: System, nowMs: number): HealthPart {
  const { disk } = database;
  const measured = database.bytes_per_day !== null;
  const title = 'Disk';
  if (disk === null) {
    return { title, state: 'unknown', why: 'The database is elsewhere, and so is its disk.', facts: [] };
  }
  return {
    title,
    ...diskVerdict(disk),
    facts: [
      { name: 'free', value: bytesText(disk.free_bytes) },
      { name: 'of', value: bytesText(disk.total_bytes) },
      { name: 'in use', value: formatText(100 - (100 * disk.free_bytes) / disk.total_bytes, '%') },
      { name: 'full', value: measured ? diskForecast(disk.days_left, nowMs) : UNMEASURED },
    ],
  };
}

function servicePart(system: System, nowMs: number): HealthPart {
  return {
    title: 'Dashboards',
    ...FINE,
    facts: [
      { name: 'live now', value: countText(system.streams) },
      { name: 'people signed in', value: countText(system.sessions) },
      { name: 'db-api started', value: formatAgo(system.started_at, nowMs) },
      { name: 'version', value: system.version },
    ],
  };
}

/** The way of a record: in, kept, added up, sealed, stored, and out. */
export function healthParts(system: System, nowMs: number): HealthPart[] {
  return [
    ingestPart(system, nowMs),
    spoolPart(system),
    sumsPart(system, nowMs),
    sealingPart(system, nowMs),
    databasePart(system, nowMs),
    diskPart(system, nowMs),
    servicePart(system, nowMs),
  ];
}

function leadOf(parts: readonly HealthPart[]): string {
  const names = (state: HealthState): string[] =>
    parts.filter((part) => part.state === state).map((part) => part.title.toLowerCase());
  const failing = names('failing');
  const attention = names('attention');
  if (failing.length > 0) return `Sentinel needs help: ${failing.join(', ')}.`;
  if (attention.length > 0) return `Look at ${attention.join(' and ')}.`;
  return 'Sentinel is well.';
}

/** The answer first: whether all is well, what comes in, and what was refused. */
export function healthSentence(
  system: System,
  parts: readonly HealthPart[],
): { lead: string; rest: string[] } {
  const refused = system.rejections_24h.reduce((sum, { count }) => sum + count, 0);
  const rest = [
    `${formatTick(system.ingest.records_per_minute, 'count')} records a minute.`,
    refused === 0 ? 'Nothing refused in 24 h.' : `${countText(refused)} refused in 24 h.`,
  ];
  return { lead: leadOf(parts), rest };
}
