import { act, fireEvent, render, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TitleHints } from '../../src/components/TitleHints';

const onClick = vi.fn();

function show() {
  return render(
    <>
      <button type="button" title="Newest latency" onClick={onClick}>
        Latency
      </button>
      <span title="No price is known">no price</span>
      <a href="#agent" title="Answers customers">
        agent
      </a>
      <p>Nothing more</p>
      <TitleHints />
    </>,
  );
}

const hint = (): string | null => document.querySelector('[data-hint]')?.textContent ?? null;
const pass = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));
const finger = { pointerType: 'touch', clientX: 20, clientY: 20 };

beforeEach(() => {
  vi.useFakeTimers();
  onClick.mockReset();
});

describe('TitleHints', () => {
  it('shows a title where the focus of the keyboard rests, and nothing while it moves on', () => {
    show();
    act(() => screen.getByRole('button').focus());
    pass(300);
    expect(hint()).toBeNull();
    pass(300);
    expect(hint()).toBe('Newest latency');
    fireEvent.keyDown(document.body, { key: 'Tab' });
    expect(hint()).toBeNull();
    act(() => screen.getByRole('link').focus());
    pass(100);
    act(() => screen.getByRole('link').blur());
    pass(1000);
    expect(hint()).toBeNull();
  });

  it('shows it where a finger stays, opens no menu, and takes that for no click', () => {
    show();
    fireEvent.pointerDown(screen.getByRole('button'), finger);
    fireEvent.pointerMove(screen.getByRole('button'), { ...finger, clientX: 25 });
    pass(500);
    expect(hint()).toBe('Newest latency');
    expect(fireEvent.contextMenu(screen.getByRole('button'))).toBe(false);
    fireEvent.pointerUp(screen.getByRole('button'), finger);
    fireEvent.click(screen.getByRole('button'));
    expect(onClick).not.toHaveBeenCalled();
    expect(hint()).toBe('Newest latency');
    fireEvent.pointerDown(screen.getByText('Nothing more'), finger);
    expect(hint()).toBeNull();
    fireEvent.click(screen.getByRole('button'));
    expect(onClick).toHaveBeenCalledOnce();
  });

  it('shows it of what cannot be pressed too', () => {
    show();
    fireEvent.pointerDown(screen.getByText('no price'), finger);
    pass(500);
    expect(hint()).toBe('No price is known');
    fireEvent.scroll(document);
    expect(hint()).toBeNull();
  });

  it('leaves taps, scrolling, mice and the menus of links alone', () => {
    show();
    const button = screen.getByRole('button');
    fireEvent.pointerDown(button, finger);
    pass(200);
    fireEvent.pointerUp(button, finger);
    fireEvent.click(button);
    expect(onClick).toHaveBeenCalledOnce();
    fireEvent.pointerDown(button, finger);
    fireEvent.pointerMove(button, { ...finger, clientY: 60 });
    pass(1000);
    fireEvent.pointerDown(button, { ...finger, pointerType: 'mouse' });
    pass(1000);
    fireEvent.pointerDown(screen.getByRole('link'), finger);
    expect(fireEvent.contextMenu(screen.getByRole('link'))).toBe(true);
    fireEvent.pointerCancel(screen.getByRole('link'), finger);
    pass(1000);
    expect(hint()).toBeNull();
  });

  it('goes away with what it was about, and listens no more once it is gone', () => {
    const { rerender, unmount } = show();
    fireEvent.pointerDown(screen.getByRole('button'), finger);
    rerender(<TitleHints key="other" />);
    pass(1000);
    expect(hint()).toBeNull();
    unmount();
    pass(1000);
    expect(hint()).toBeNull();
  });
});
