import type { ExportQuestion } from '../../services/exports';
import type { ExportFormat } from '../../services/metrics';
import { resolveRange, type RangeText } from '../../utils/range';
import { columnsAsked, readColumns } from './exportColumns';

/** What the form says. */
export interface ExportPlan {
  agents: string[];
  columns: string[];
  range: RangeText;
  format: ExportFormat;
  gzip: boolean;
}

export const FORMATS: readonly { value: ExportFormat; words: string }[] = [
  { value: 'csv', words: 'CSV' },
  { value: 'json', words: 'JSON' },
  { value: 'ndjson', words: 'NDJSON' },
  { value: 'xlsx', words: 'Excel' },
];

/** A spreadsheet is packed already. */
export function readPlan(params: URLSearchParams, range: RangeText): ExportPlan {
  const format = FORMATS.find(({ value }) => value === params.get('format'))?.value ?? 'csv';
  const gzip = format !== 'xlsx' && params.get('gzip') === '1';
  return { agents: params.getAll('agent'), columns: readColumns(params), range, format, gzip };
}

/** As the estimate asks: a range that follows the clock stays one question. */
export function questionOf({ agents, columns, range, format }: ExportPlan): ExportQuestion {
  return { agents, columns: columnsAsked(columns), ...range, format };
}

/** The same with both ends fixed: what `now` was is known of the file for ever. */
export function fixedQuestion(plan: ExportPlan, nowMs: number): ExportQuestion {
  const { startMs, endMs } = resolveRange(plan.range, nowMs);
  const start = new Date(startMs).toISOString();
  return { ...questionOf(plan), start, end: new Date(endMs).toISOString() };
}

const LONGEST_NAME = 60;

function whose(agents: readonly string[]): string {
  const [name = ''] = agents;
  if (agents.length !== 1) return 'agents';
  return name.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, LONGEST_NAME);
}

/** `sentinel-support-bot-2026-03-09T0800-2026-03-10T0800.csv.gz`, in UTC. */
export function fileName({ agents, start, end, format }: ExportQuestion, gzip: boolean): string {
  const time = (text: string): string => text.slice(0, 16).replace(':', '');
  return `sentinel-${whose(agents)}-${time(start)}-${time(end)}.${format}${gzip ? '.gz' : ''}`;
}
