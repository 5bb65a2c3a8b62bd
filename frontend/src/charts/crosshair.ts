import { useSyncExternalStore } from 'react';

/** The moment under the pointer, shared by every chart of a stack without drawing the stack again. */
export interface Crosshair {
  get: () => number | null;
  set: (ms: number | null) => void;
  subscribe: (listener: () => void) => () => void;
}

export function createCrosshair(): Crosshair {
  let current: number | null = null;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (ms) => {
      if (ms === current) return;
      current = ms;
      listeners.forEach((listener) => listener());
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useCrosshair(crosshair: Crosshair): number | null {
  return useSyncExternalStore(crosshair.subscribe, crosshair.get);
}
