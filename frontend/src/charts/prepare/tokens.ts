import { findValues, sumColumns, type Frame } from '../../utils/frame';

/** Input that was neither read from nor written to a cache. */
export const FRESH_TOKENS = 'fresh_tokens:sum';
export const ALL_TOKENS = 'tokens:sum';

const INPUT = 'input_tokens:sum';
const OUTPUT = 'output_tokens:sum';
const CACHED = ['cache_read_tokens:sum', 'cache_write_tokens:sum'];

export const TOKEN_SOURCES: readonly string[] = [INPUT, OUTPUT, ...CACHED];

/** The frame with the columns that are made of others. The server counts what came from a cache as input too. */
export function withTokens(frame: Frame): Frame {
  const input = findValues(frame, INPUT);
  if (!input) return frame;
  const length = frame.times.length;
  const columnsOf = (metrics: readonly string[]): Float64Array =>
    sumColumns(
      metrics.map((metric) => findValues(frame, metric)).filter((values) => values !== null),
      length,
    );
  const cached = columnsOf(CACHED);
  const fresh = input.map((value, index) => {
    const part = cached[index] ?? Number.NaN;
    return Math.max(0, value - (Number.isNaN(part) ? 0 : part));
  });
  const like = { agentId: null, agent: null, unit: 'tokens' as const };
  return {
    ...frame,
    series: [
      ...frame.series,
      { ...like, metric: FRESH_TOKENS, values: fresh },
      { ...like, metric: ALL_TOKENS, values: columnsOf([INPUT, OUTPUT]) },
    ],
  };
}
