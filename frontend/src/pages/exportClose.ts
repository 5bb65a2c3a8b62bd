import { createContext, use } from 'react';

/** Closes the export menu around an item that closes it only once it is done. */
export const CloseMenu = createContext<() => void>(() => undefined);

export function useCloseMenu(): () => void {
  return use(CloseMenu);
}
