import { Menu } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { saveStack } from '../charts/picture';
import { useCloseMenu } from './exportClose';
import styles from './PictureItem.module.css';

export interface PictureItemProps {
  name: string;
}

/** The charts of the page as a picture, as they are on screen. The menu stays where none could be made, and says why. */
export function PictureItem({ name }: PictureItemProps): ReactNode {
  const [problem, setProblem] = useState<string | null>(null);
  const close = useCloseMenu();
  const save = async (): Promise<void> => {
    try {
      const stack = document.querySelector('[data-chart-stack]');
      if (!stack) throw new Error('there are no charts on the page');
      await saveStack(stack, name);
      close();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <Menu.Label>The charts, as they are</Menu.Label>
      <Menu.Item closeMenuOnClick={false} onClick={() => void save()}>
        PNG, a picture
      </Menu.Item>
      {problem !== null && (
        <p className={styles.problem} role="alert">
          No picture was saved: {problem}.
        </p>
      )}
      <Menu.Divider />
    </>
  );
}
