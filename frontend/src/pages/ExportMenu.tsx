import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { Button } from '../components/Button';
import { exportUrl, type ExportFormat } from '../services/metrics';
import type { RangeText } from '../utils/range';

export interface ExportMenuProps {
  /** Names of the agents on screen; null is every agent. */
  agents: readonly string[] | null;
  range: RangeText;
  /** What of a record is on screen; all where absent. */
  columns?: readonly string[];
  /** Further items, above the records: what the page itself shows. */
  children?: ReactNode;
}

const FORMATS: readonly { format: ExportFormat; words: string }[] = [
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

/** The records behind what is on screen: the same agents, the same range. */
export function ExportMenu({ agents, range, columns = [], children }: ExportMenuProps): ReactNode {
  const names = agents ?? [];
  return (
    <Menu>
      <Menu.Target>
        <Button disabled={agents?.length === 0}>
          Export <span aria-hidden="true">▾</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {children}
        {canExport(names, range, columns) ? (
          <>
            <Menu.Label>Every record of this range</Menu.Label>
            {FORMATS.map(({ format, words }) => (
              <Menu.Item
                key={format}
                component="a"
                href={exportUrl(names, range.start, range.end, format, columns)}
                download={`sentinel-${names.length === 1 ? names[0] : 'agents'}.${format}`}
              >
                {words}
              </Menu.Item>
            ))}
          </>
        ) : (
          <Menu.Label>
            {names.length} agents are too many to name in one export. Filter for fewer, or clear the filter to
            export all.
          </Menu.Label>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
