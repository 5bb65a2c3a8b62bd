import { useSyncExternalStore } from 'react';
import { checkRange, DEFAULT_RANGE, type RangeText } from '../utils/range';

const STORAGE_KEY = 'sentinel-range';

const listeners = new Set<() => void>();

function rangeFrom(start: string | null): RangeText {
  if (start === null) return DEFAULT_RANGE;
  const range = { start, end: 'now' };
  return checkRange(range, Date.now()) === null ? range : DEFAULT_RANGE;
}

function readStored(): RangeText {
  try {
    return rangeFrom(localStorage.getItem(STORAGE_KEY));
  } catch {
    // Storage may be forbidden; the usual range stands.
    return DEFAULT_RANGE;
  }
}

let current = readStored();

/** What pages begin with where their address names no range. Costs have their own. */
export function firstRange(): RangeText {
  return current;
}

/** Null is the usual one. Kept in the browser too, so that a page need not wait for the server to know it. */
export function chooseFirstRange(start: string | null): void {
  const next = rangeFrom(start);
  if (next.start === current.start) return;
  current = next;
  try {
    if (start === null) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, start);
  } catch {
    // Without storage the choice lasts until the page is loaded again.
  }
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useFirstRange(): RangeText {
  return useSyncExternalStore(subscribe, firstRange);
}
