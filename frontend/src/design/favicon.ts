const PLAIN = '/favicon.svg';

/** The page's icon: with a number on the colour of "down" while agents are. Drawn here, since its colours are tokens. */
export function faviconAddress(down: number, colours: { ground: string; ink: string }): string {
  if (down === 0) return PLAIN;
  const text = down > 99 ? '99' : String(down);
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' +
    `<rect width="16" height="16" rx="3" fill="${colours.ground}"/>` +
    `<text x="8" y="12" font-family="sans-serif" font-size="${text.length > 1 ? 10 : 12}" font-weight="700" ` +
    `text-anchor="middle" fill="${colours.ink}">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function showFavicon(down: number): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  link.href = faviconAddress(down, { ground: read('--status-down'), ink: read('--surface') });
}
