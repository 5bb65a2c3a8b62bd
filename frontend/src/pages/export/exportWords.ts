import type { ExportFormat } from '../../services/metrics';
import type { ExportJob } from '../../state/exportJob';
import type { ExportProgress } from '../../state/exportRun';
import { formatDuration, formatText } from '../../utils/format';

/** Every digit: a count of records is compared with another. */
export function exactCount(count: number): string {
  return count.toLocaleString('en');
}

export function recordsText(count: number): string {
  return `${exactCount(count)} record${count === 1 ? '' : 's'}`;
}

export function bytesText(bytes: number): string {
  return formatText(bytes / 1e6, 'MB');
}

/** An estimate has no exact digits. */
export function aboutText(count: number): string {
  if (count === 0) return 'No records';
  return `About ${formatText(count, 'count')} record${count === 1 ? '' : 's'}`;
}

/** A sheet of a spreadsheet holds no more, beside its head. */
const SHEET_ROWS = 1_048_575;

/** What is worth knowing before an export of this size begins. */
export function estimateNote(rows: number, format: ExportFormat): string | null {
  if (rows === 0) return 'The file will have its head alone. Choose another range, or other agents.';
  if (format !== 'xlsx' || rows <= SHEET_ROWS) return null;
  return `A sheet holds ${exactCount(SHEET_ROWS)}: the spreadsheet goes on in ${Math.ceil(rows / SHEET_ROWS)} sheets.`;
}

/** How much is done, from 0 to 1; null where nobody can say. */
export function shareOf({ rows, bytes, expectedRows, totalBytes }: ExportProgress): number | null {
  if (totalBytes !== null && totalBytes > 0) return bytes / totalBytes;
  if (rows === null || expectedRows === null || expectedRows === 0) return null;
  // The estimate may be a little low: what still comes is not "over 100 %".
  return Math.min(0.99, rows / expectedRows);
}

/** Below this nobody can tell how long the rest takes. */
const TELLING_MS = 2000;

function leftText(job: ExportJob): string | null {
  const share = shareOf(job.progress);
  const spent = job.atMs - job.startedMs;
  if (share === null || share <= 0 || spent < TELLING_MS) return null;
  return `about ${formatDuration((spent / share) * (1 - share))} left`;
}

function rateText(job: ExportJob): string | null {
  const seconds = (job.atMs - job.startedMs) / 1000;
  const { rows } = job.progress;
  if (rows === null || rows === 0 || seconds < TELLING_MS / 1000) return null;
  return `${formatText(rows / seconds, 'count')} records/s`;
}

/** What a running export tells, part by part. */
export function runningParts(job: ExportJob): string[] {
  const { rows, bytes, savedBytes, expectedRows, totalBytes } = job.progress;
  const parts: (string | null)[] = [];
  if (rows === null) {
    parts.push(bytes === 0 ? 'The server writes the spreadsheet' : null);
  } else {
    const of = expectedRows === null ? '' : ` of about ${formatText(expectedRows, 'count')}`;
    parts.push(`${exactCount(rows)}${of} records`);
  }
  if (bytes > 0) {
    const of = totalBytes === null ? '' : ` of ${bytesText(totalBytes)}`;
    const packed = job.wish.gzip ? `, ${bytesText(savedBytes)} packed` : '';
    parts.push(`${bytesText(bytes)}${of}${packed}`);
  }
  return [...parts, rateText(job), leftText(job)].filter((part) => part !== null);
}

/** What there is in the end. */
export function doneText(job: ExportJob): string {
  const { rows, savedBytes } = job.progress;
  const size = bytesText(savedBytes);
  const what = rows === null ? size : `${recordsText(rows)}, ${size}`;
  const tookMs = job.atMs - job.startedMs;
  return `${what}, in ${tookMs < 1000 ? 'less than 1 s' : formatDuration(tookMs)}.`;
}

/** How far one came that is not whole. */
export function brokenText(job: ExportJob): string {
  const { rows, bytes, expectedRows } = job.progress;
  if (bytes === 0) return 'Nothing had come yet, and no file was kept.';
  const of = expectedRows === null ? '' : ` of about ${formatText(expectedRows, 'count')}`;
  const come = rows === null ? bytesText(bytes) : `${exactCount(rows)}${of} records`;
  return `${come} had come; nothing of it was kept.`;
}
