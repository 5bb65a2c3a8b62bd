import { HUES, type Hue } from './hues';

/** The colours that canvas needs as values: it cannot read CSS variables. */
export interface Palette {
  theme: string;
  hues: Record<Hue, string>;
  hatch: string;
  surface: string;
}

/** Read anew for each theme. */
export function readPalette(element: Element, theme: string): Palette {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  const hues = Object.fromEntries(HUES.map((hue) => [hue, read(`--series-${hue}`)])) as Record<Hue, string>;
  return { theme, hues, hatch: read('--chart-hatch'), surface: read('--surface') };
}
