import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { MenuButton } from '../../components/MenuButton';
import type { Me } from '../../services/types';
import { useSavePreferences, ZONE_NAMES } from '../../state/preferences';
import { useSignOut } from '../../state/session';
import { chooseTheme, useTheme, type ThemeChoice } from '../../state/theme';
import { CONNECT_PATH, SETTINGS_PATH, useViewParams } from '../../state/urlState';
import { chooseZone, useZone } from '../../state/zone';
import type { Zone } from '../../utils/zone';

export interface UserMenuProps {
  me: Me;
  onSetPassword: () => void;
  onHelp: () => void;
}

const THEMES: readonly { choice: ThemeChoice; words: string }[] = [
  { choice: 'system', words: 'As the system' },
  { choice: 'light', words: 'Light' },
  { choice: 'dark', words: 'Dark' },
];

const ZONES: readonly { choice: Zone; words: string }[] = [
  { choice: 'local', words: 'Of this browser' },
  { choice: 'utc', words: 'UTC' },
];

export function UserMenu({ me, onSetPassword, onHelp }: UserMenuProps): ReactNode {
  const { choice } = useTheme();
  const zone = useZone();
  const { change } = useViewParams();
  const signOut = useSignOut();
  const [, navigate] = useLocation();
  const save = useSavePreferences();
  const setTheme = (theme: ThemeChoice): void => {
    chooseTheme(theme);
    save.mutate({ theme });
  };
  const setZone = (next: Zone): void => {
    chooseZone(next);
    save.mutate({ time_zone: ZONE_NAMES[next] });
  };
  return (
    <Menu>
      <Menu.Target>
        <MenuButton look="quiet">{me.name}</MenuButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.role} · Sentinel {me.version}
        </Menu.Label>
        <Menu.Item onClick={onSetPassword}>
          {me.has_password ? 'Change password' : 'Set a password'}
        </Menu.Item>
        <Menu.Item onClick={() => navigate(CONNECT_PATH)}>Connect an agent</Menu.Item>
        <Menu.Item onClick={() => navigate(SETTINGS_PATH)}>Settings</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup value={choice} onChange={(next) => setTheme(next as ThemeChoice)}>
          {THEMES.map((theme) => (
            <Menu.RadioItem key={theme.choice} value={theme.choice} closeMenuOnClick>
              {theme.words}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>Times</Menu.Label>
        <Menu.RadioGroup value={zone} onChange={(next) => setZone(next as Zone)}>
          {ZONES.map((item) => (
            <Menu.RadioItem key={item.choice} value={item.choice} closeMenuOnClick>
              {item.words}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={() => change({ kiosk: '1' }, 'push')}>Kiosk, for a screen on the wall</Menu.Item>
        <Menu.Item onClick={onHelp}>Keyboard and touch</Menu.Item>
        <Menu.Item onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
