import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { MenuButton } from '../../components/MenuButton';
import { groupWord, GROUPINGS, labelGrouping } from './exploreQuestion';

export interface GroupMenuProps {
  value: string;
  /** Labels that agents have. */
  labels: readonly string[];
  onChange: (value: string) => void;
}

/** By what lines are told apart. */
export function GroupMenu({ value, labels, onChange }: GroupMenuProps): ReactNode {
  const byLabel = labels.map(labelGrouping);
  const all = [...GROUPINGS, ...byLabel];
  // A label of the address that no agent has stays in sight: it is why nothing is told apart.
  const words = all.find((grouping) => grouping.value === value)?.words ?? `By ${groupWord(value)}`;
  const item = (grouping: (typeof all)[number]): ReactNode => (
    <Menu.RadioItem key={grouping.value} value={grouping.value} closeMenuOnClick>
      {grouping.words}
    </Menu.RadioItem>
  );
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <MenuButton aria-label={`Groups: ${words}`}>{words}</MenuButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={value} onChange={onChange}>
          {GROUPINGS.map(item)}
          {byLabel.length > 0 && <Menu.Divider />}
          {byLabel.length > 0 && <Menu.Label>Labels</Menu.Label>}
          {byLabel.map(item)}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
