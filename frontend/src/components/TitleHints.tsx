import { useEffect, useState, type CSSProperties, type ReactNode } from 'react';
import styles from './TitleHints.module.css';

/** A key that rests on something, and a finger that stays on it, ask what it is. */
const FOCUS_MS = 600;
const PRESS_MS = 500;
const TREMBLE_PX = 10;
const GAP_PX = 6;
const ROOM_PX = 96;

interface Hint {
  text: string;
  place: CSSProperties;
}

/** Beside the element, where there is room. */
function hintOf(element: HTMLElement): Hint {
  const box = element.getBoundingClientRect();
  const below = box.bottom + ROOM_PX < window.innerHeight;
  const toRight = box.left < window.innerWidth / 2;
  return {
    text: element.title,
    place: {
      ...(below ? { top: box.bottom + GAP_PX } : { bottom: window.innerHeight - box.top + GAP_PX }),
      ...(toRight ? { left: Math.max(box.left, 8) } : { right: Math.max(window.innerWidth - box.right, 8) }),
    },
  };
}

function titledOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[title]:not([title=""])') : null;
}

/** Calls `show` once somebody asks, and with null once they are elsewhere. */
function listen(show: (hint: Hint | null) => void): () => void {
  const controller = new AbortController();
  let timer: number | undefined;
  let pressedAt: { x: number; y: number } | null = null;
  /** A press that asked is no click. */
  let asked = false;
  const wait = (element: HTMLElement, ms: number, then?: () => void): void => {
    timer = window.setTimeout(() => {
      if (!element.isConnected) return;
      then?.();
      show(hintOf(element));
    }, ms);
  };
  const end = (): void => {
    window.clearTimeout(timer);
    pressedAt = null;
  };
  const leave = (): void => {
    end();
    show(null);
  };
  const on = <Name extends keyof DocumentEventMap>(
    name: Name,
    listener: (event: DocumentEventMap[Name]) => void,
  ): void => {
    document.addEventListener(name, listener, { capture: true, signal: controller.signal });
  };
  on('focusin', ({ target }) => {
    const element = titledOf(target);
    if (element?.matches(':focus-visible')) wait(element, FOCUS_MS);
  });
  on('focusout', leave);
  on('keydown', leave);
  on('scroll', leave);
  on('pointerdown', ({ target, pointerType, clientX: x, clientY: y }) => {
    leave();
    asked = false;
    const element = titledOf(target);
    if (pointerType !== 'touch' || !element) return;
    pressedAt = { x, y };
    wait(element, PRESS_MS, () => (asked = true));
  });
  on('pointermove', ({ clientX, clientY }) => {
    if (pressedAt && Math.hypot(clientX - pressedAt.x, clientY - pressedAt.y) > TREMBLE_PX) end();
  });
  on('pointerup', end);
  on('pointercancel', end);
  on('contextmenu', (event) => {
    // The menu of a link is worth more: it opens the link elsewhere.
    const isLink = event.target instanceof Element && event.target.closest('a[href]') !== null;
    if (pressedAt && !isLink) event.preventDefault();
  });
  on('click', (event) => {
    if (!asked) return;
    asked = false;
    event.preventDefault();
    event.stopPropagation();
  });
  return () => {
    end();
    controller.abort();
  };
}

/** What a mouse reads by being over something (its `title`), for keys and fingers. A screen reader has it from the title. */
export function TitleHints(): ReactNode {
  const [hint, setHint] = useState<Hint | null>(null);
  useEffect(() => listen(setHint), []);
  if (hint === null) return null;
  return (
    <div className={styles.hint} style={hint.place} aria-hidden="true" data-hint="">
      {hint.text}
    </div>
  );
}
