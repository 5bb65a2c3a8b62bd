import { useDeferredValue, useEffect, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';

export interface InSlicesProps {
  /** What stands there meanwhile. */
  fallback: ReactNode;
  children: ReactNode;
}

let opening = true;

/** A page that somebody goes to from another one shows at once: what stands for it would only flicker. */
export function useOpening(): void {
  const [path] = useLocation();
  const [opened] = useState(path);
  useEffect(() => {
    if (path !== opened) opening = false;
  }, [path, opened]);
}

/** Draws the page that is opened in slices of a few milliseconds, between which it answers a key or a touch. */
export function InSlices({ fallback, children }: InSlicesProps): ReactNode {
  return useDeferredValue(true, !opening) ? children : fallback;
}
