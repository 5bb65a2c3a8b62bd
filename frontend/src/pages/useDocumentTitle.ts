import { useEffect } from 'react';
import { showFavicon } from '../design/favicon';

/** `(2 down) Fleet · Sentinel`: a hidden tab still tells. */
export function documentTitle(page: string, down: number): string {
  return `${down > 0 ? `(${down} down) ` : ''}${page} · Sentinel`;
}

/** The tab's title and icon. */
export function useDocumentTitle(page: string, down: number): void {
  useEffect(() => {
    document.title = documentTitle(page, down);
    showFavicon(down);
  }, [page, down]);
}
