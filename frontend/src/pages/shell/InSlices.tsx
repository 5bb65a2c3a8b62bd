import { createContext, useContext, useDeferredValue, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';

/** Whether the page on screen is the one that the browser opened. */
const Opening = createContext(true);

/** Tells those within once somebody went to another page. */
export function OpeningProvider({ children }: { children: ReactNode }): ReactNode {
  const [path] = useLocation();
  const [opened] = useState(path);
  const [left, setLeft] = useState(false);
  if (path !== opened && !left) setLeft(true);
  return <Opening value={!left}>{children}</Opening>;
}

export interface InSlicesProps {
  /** What stands there meanwhile. */
  fallback: ReactNode;
  children: ReactNode;
}

/**
 * Draws the page that is opened in slices of a few milliseconds, between which it answers a key or a touch. A page that somebody
 * goes to from another one shows at once: what stands for it would only flicker.
 */
export function InSlices({ fallback, children }: InSlicesProps): ReactNode {
  return useDeferredValue(true, !useContext(Opening)) ? children : fallback;
}
