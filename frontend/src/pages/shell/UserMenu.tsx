import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { Button } from '../../components/Button';
import type { Me } from '../../services/types';
import { useSignOut } from '../../state/session';
import { chooseTheme, useTheme, type ThemeChoice } from '../../state/theme';

export interface UserMenuProps {
  me: Me;
  onSetPassword: () => void;
}

const THEMES: readonly { choice: ThemeChoice; words: string }[] = [
  { choice: 'system', words: 'As the system' },
  { choice: 'light', words: 'Light' },
  { choice: 'dark', words: 'Dark' },
];

export function UserMenu({ me, onSetPassword }: UserMenuProps): ReactNode {
  const { choice } = useTheme();
  const signOut = useSignOut();
  return (
    <Menu>
      <Menu.Target>
        <Button look="quiet">
          {me.name} <span aria-hidden="true">▾</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.role} · Sentinel {me.version}
        </Menu.Label>
        <Menu.Item onClick={onSetPassword}>
          {me.has_password ? 'Change password' : 'Set a password'}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup value={choice} onChange={(next) => chooseTheme(next as ThemeChoice)}>
          {THEMES.map((theme) => (
            <Menu.RadioItem key={theme.choice} value={theme.choice} closeMenuOnClick>
              {theme.words}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
