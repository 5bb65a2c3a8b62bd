import { useSyncExternalStore } from 'react';
import { setZone, type Zone } from '../utils/zone';

const STORAGE_KEY = 'sentinel-zone';

const listeners = new Set<() => void>();

function readStored(): Zone {
  try {
    return localStorage.getItem(STORAGE_KEY) === 'utc' ? 'utc' : 'local';
  } catch {
    // Storage may be forbidden; the reader's own zone stands.
    return 'local';
  }
}

let current = readStored();
setZone(current);

export function chooseZone(choice: Zone): void {
  current = choice;
  setZone(choice);
  try {
    if (choice === 'utc') localStorage.setItem(STORAGE_KEY, choice);
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // Without storage the choice lasts until the page is loaded again.
  }
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useZone(): Zone {
  return useSyncExternalStore(subscribe, () => current);
}
