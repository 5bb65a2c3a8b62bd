import type { ReactNode } from 'react';
import { Button } from './Button';

export interface ToggleProps {
  on: boolean;
  children: ReactNode;
  title?: string;
  onChange: (on: boolean) => void;
}

/** A button that stays pressed. */
export function Toggle({ on, children, title, onChange }: ToggleProps): ReactNode {
  return (
    <Button aria-pressed={on} title={title} onClick={() => onChange(!on)}>
      {children}
    </Button>
  );
}
