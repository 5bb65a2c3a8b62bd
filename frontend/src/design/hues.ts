/** Six hues that colour-blind readers tell apart, none of them red, amber or green: those mean status alone. */
export const HUES = ['blue', 'cyan', 'violet', 'magenta', 'rose', 'slate'] as const;
export type Hue = (typeof HUES)[number];

/** For SVG and HTML: follows the theme by itself. */
export function hueVariable(hue: Hue): string {
  return `var(--series-${hue})`;
}
