import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { Button } from '../components/Button';
import { exportUrl, type ExportFormat } from '../services/metrics';
import type { RangeText } from '../utils/range';

export interface ExportMenuProps {
  /** Names of the agents on screen; none means all. */
  agents: readonly string[];
  range: RangeText;
}

const FORMATS: readonly { format: ExportFormat; words: string }[] = [
  { format: 'csv', words: 'CSV, for spreadsheets' },
  { format: 'ndjson', words: 'NDJSON, one record a line' },
];

/** The records behind what is on screen: the same agents, the same range. */
export function ExportMenu({ agents, range }: ExportMenuProps): ReactNode {
  return (
    <Menu>
      <Menu.Target>
        <Button>
          Export <span aria-hidden="true">▾</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Every record of this range</Menu.Label>
        {FORMATS.map(({ format, words }) => (
          <Menu.Item
            key={format}
            component="a"
            href={exportUrl(agents, range.start, range.end, format)}
            download={`sentinel-${agents.length === 1 ? agents[0] : 'agents'}.${format}`}
          >
            {words}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
