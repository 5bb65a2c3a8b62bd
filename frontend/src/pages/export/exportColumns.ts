export interface ColumnGroup {
  title: string;
  columns: readonly string[];
}

/** What a record tells, in the order of the file. */
export const COLUMN_GROUPS: readonly ColumnGroup[] = [
  { title: 'When and who', columns: ['timestamp', 'agent_id', 'agent', 'kind'] },
  {
    title: 'Requests',
    columns: ['status', 'request_count', 'latency_ms', 'ttft_ms', 'throughput_req_per_min'],
  },
  {
    title: 'Cost and tokens',
    columns: [
      'cost_usd',
      'cost_source',
      'provider',
      'model',
      'input_tokens',
      'output_tokens',
      'cache_read_tokens',
      'cache_write_tokens',
      'reasoning_tokens',
    ],
  },
  {
    title: 'Resources',
    columns: [
      'cpu_usage_percent',
      'gpu_usage_percent',
      'gpu_count',
      'memory_usage_mb',
      'gpu_memory_usage_mb',
    ],
  },
  { title: 'Where', columns: ['host', 'process_id', 'trace_id', 'span_id'] },
  { title: 'Further', columns: ['custom_metrics', 'attributes'] },
];

export const ALL_COLUMNS: readonly string[] = COLUMN_GROUPS.flatMap((group) => group.columns);

/** Those of an address that exist, in the order of the file; none is all. */
export function readColumns(params: URLSearchParams): string[] {
  const asked = params.getAll('column');
  const known = ALL_COLUMNS.filter((column) => asked.includes(column));
  return known.length === 0 ? [...ALL_COLUMNS] : known;
}

/** All of them need no names. */
export function columnsAsked(chosen: readonly string[]): string[] {
  return chosen.length === ALL_COLUMNS.length ? [] : ALL_COLUMNS.filter((column) => chosen.includes(column));
}
