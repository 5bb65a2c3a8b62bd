// What jsdom lacks and every test may meet. Tests that look at these parts bring their own.
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';
import { FakeEventSource } from './support/fakeEventSource';
import { recordInk } from './support/ink';

/** Every element is this wide: charts draw only once they know their width. */
export const ELEMENT_WIDTH = 856;

configure({ asyncUtilTimeout: 20_000 });

class InstantResizeObserver implements ResizeObserver {
  observe = (): void => undefined;
  unobserve = (): void => undefined;
  disconnect = (): void => undefined;
}

function mediaQuery(query: string): MediaQueryList {
  return Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });
}

beforeEach(() => {
  vi.stubGlobal('matchMedia', mediaQuery);
  vi.stubGlobal('ResizeObserver', InstantResizeObserver);
  vi.stubGlobal('EventSource', FakeEventSource);
  FakeEventSource.reset();
  HTMLElement.prototype.setPointerCapture = () => undefined;
  HTMLElement.prototype.scrollIntoView = () => undefined;
  const contexts = new WeakMap<HTMLCanvasElement, unknown>();
  HTMLCanvasElement.prototype.getContext = function getContext(this: HTMLCanvasElement) {
    const known = contexts.get(this) ?? recordInk();
    contexts.set(this, known);
    return known;
  } as never;
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(
    new DOMRect(0, 0, ELEMENT_WIDTH, 32),
  );
  vi.stubGlobal('fetch', () => Promise.reject(new Error('this test brought no server')));
  // Without a screen, floating layers would count as scrolled out of view.
  Object.defineProperties(document.documentElement, {
    clientWidth: { configurable: true, value: 1440 },
    clientHeight: { configurable: true, value: 900 },
  });
  localStorage.clear();
  window.history.replaceState(null, '', '/');
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
