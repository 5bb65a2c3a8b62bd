import { useEffect } from 'react';

/** `(2 down) Fleet · Sentinel`: a hidden tab still tells. */
export function documentTitle(page: string, down: number): string {
  return `${down > 0 ? `(${down} down) ` : ''}${page} · Sentinel`;
}

export function useDocumentTitle(page: string, down: number): void {
  useEffect(() => {
    document.title = documentTitle(page, down);
  }, [page, down]);
}
