import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { saveStack } from '../charts/picture';

export interface PictureItemProps {
  name: string;
}

/** The charts of the page as a picture, as they are on screen. */
export function PictureItem({ name }: PictureItemProps): ReactNode {
  const save = (): void => {
    const stack = document.querySelector('[data-chart-stack]');
    if (stack) void saveStack(stack, name);
  };
  return (
    <>
      <Menu.Label>The charts, as they are</Menu.Label>
      <Menu.Item onClick={save}>PNG, a picture</Menu.Item>
      <Menu.Divider />
    </>
  );
}
