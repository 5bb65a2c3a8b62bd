import { exportUrl, type ExportFormat } from '../services/metrics';
import type { RangeText } from '../utils/range';

export const EXPORT_FORMATS: readonly { format: ExportFormat; words: string }[] = [
  { format: 'xlsx', words: 'Excel, for spreadsheets' },
  { format: 'csv', words: 'CSV, for programs and spreadsheets' },
  { format: 'json', words: 'JSON, one array' },
  { format: 'ndjson', words: 'NDJSON, one record a line' },
];

/** The contract takes no more names in one question, and servers refuse a longer address. */
const MOST_NAMES = 1000;
const LONGEST_URL = 12_000;

/** Whether the server would take an export of these agents. */
export function canExport(
  agents: readonly string[],
  range: RangeText,
  columns: readonly string[] = [],
): boolean {
  return (
    agents.length <= MOST_NAMES &&
    exportUrl(agents, range.start, range.end, 'ndjson', columns).length <= LONGEST_URL
  );
}
