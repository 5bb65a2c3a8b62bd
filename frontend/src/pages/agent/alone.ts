/** What is shown alone stands in the address as `tokens:output`: the chart, and the name in its legend. */
export function aloneText(metric: string, name: string | null): string | null {
  return name === null ? null : `${metric}:${name}`;
}

/** The name that is alone in a chart; null where it is of another one, or none. */
export function aloneIn(text: string | null, metric: string): string | null {
  return text?.startsWith(`${metric}:`) ? text.slice(metric.length + 1) : null;
}
