import type { KeyboardEvent, ReactNode } from 'react';
import { Button, type ButtonProps } from './Button';

/**
 * The button of a menu; an arrow opens it (WAI-ARIA, menu button). The menu takes the focus a moment after it opened: an arrow
 * that comes before would scroll the page, and where the button leaves the screen its menu is hidden.
 */
function onArrow(event: KeyboardEvent<HTMLButtonElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  event.preventDefault();
  if (event.currentTarget.getAttribute('aria-expanded') !== 'true') event.currentTarget.click();
}

export function MenuButton({ children, ...rest }: Omit<ButtonProps, 'onKeyDown'>): ReactNode {
  return (
    <Button {...rest} onKeyDown={onArrow}>
      {children} <span aria-hidden="true">▾</span>
    </Button>
  );
}
