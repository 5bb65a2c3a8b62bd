import { Menu } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { MenuButton } from '../components/MenuButton';
import { exportUrl } from '../services/metrics';
import { exportAddress } from '../state/urlState';
import type { RangeText } from '../utils/range';
import { CloseMenu } from './exportClose';
import { canExport, EXPORT_FORMATS } from './exportFormats';

export interface ExportMenuProps {
  /** Names of the agents on screen; null is every agent. */
  agents: readonly string[] | null;
  range: RangeText;
  /** What of a record is on screen; all where absent. */
  columns?: readonly string[];
  /** Further items, above the records: what the page itself shows. */
  children?: ReactNode;
}

/** The records behind what is on screen: the same agents, the same range. */
export function ExportMenu({ agents, range, columns = [], children }: ExportMenuProps): ReactNode {
  const names = agents ?? [];
  const [opened, setOpened] = useState(false);
  return (
    <Menu opened={opened} onChange={setOpened}>
      <Menu.Target>
        <MenuButton disabled={agents?.length === 0}>Export</MenuButton>
      </Menu.Target>
      <Menu.Dropdown>
        <CloseMenu value={() => setOpened(false)}>{children}</CloseMenu>
        {canExport(names, range, columns) ? (
          <>
            <Menu.Label>Every record of this range</Menu.Label>
            {EXPORT_FORMATS.map(({ format, words }) => (
              <Menu.Item
                key={format}
                component="a"
                href={exportUrl(names, range.start, range.end, format, columns)}
                download={`sentinel-${names.length === 1 ? names[0] : 'agents'}.${format}`}
              >
                {words}
              </Menu.Item>
            ))}
            <Menu.Divider />
            <Menu.Item component={Link} href={exportAddress(names, columns, range)}>
              A long one: columns, progress, gzip…
            </Menu.Item>
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
