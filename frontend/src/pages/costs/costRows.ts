import type { CostAnswer, CostGrouping } from '../../services/costs';
import type { CostFigures, CostGroup } from '../../services/types';
import { csvText } from '../../utils/csv';
import { sumColumns } from '../../utils/frame';
import { compareValues, readSortText, type Sort } from '../../utils/sort';
import { groupName } from './costChart';

/** One group of the table. Null is "not known", never 0. */
export interface CostRow {
  key: string;
  name: string;
  /** Of a model its provider. */
  detail: string | null;
  agent: string | null;
  cost: number | null;
  /** Percent of what all groups cost. */
  share: number | null;
  requests: number;
  unpriced: number;
  each: number | null;
  tokens: number;
  /** Percent of the input that came from a cache. */
  cached: number | null;
  /** What caches made cheaper, in USD; negative where more was written than was read again. */
  saved: number | null;
  history: Float64Array | null;
}

export interface CostColumn {
  id: string;
  title: string;
  hint: string;
  numeric: boolean;
  value: (row: CostRow) => number | string | null;
}

export const COST_COLUMNS: readonly CostColumn[] = [
  { id: 'name', title: '', hint: 'By name', numeric: false, value: (row) => row.name },
  { id: 'cost', title: 'Cost', hint: 'What the range cost', numeric: true, value: (row) => row.cost },
  { id: 'share', title: 'Share', hint: 'Of what all cost', numeric: true, value: (row) => row.share },
  { id: 'requests', title: 'Requests', hint: 'In the range', numeric: true, value: (row) => row.requests },
  {
    id: 'each',
    title: 'Per request',
    hint: 'Cost of a request, over those whose cost is known',
    numeric: true,
    value: (row) => row.each,
  },
  { id: 'tokens', title: 'Tokens', hint: 'Input and output', numeric: true, value: (row) => row.tokens },
  {
    id: 'cached',
    title: 'From cache',
    hint: 'Share of the input tokens that were read from a cache, which costs less',
    numeric: true,
    value: (row) => row.cached,
  },
  {
    id: 'saved',
    title: 'Cache saved',
    hint: 'What tokens from a cache would have cost more as input, less what writing them cost, by list price',
    numeric: true,
    value: (row) => row.saved,
  },
];

export const COST_SORT: Sort = { column: 'cost', descending: true };

export function readCostSort(params: URLSearchParams): Sort {
  return readSortText(
    params.get('sort'),
    COST_COLUMNS.map((column) => column.id),
    COST_SORT,
  );
}

function keyOf(group: CostGroup, groupBy: CostGrouping): string {
  if (groupBy === 'agent') return group.agent_id ?? '';
  return (groupBy === 'model' ? group.model : group.provider) ?? '';
}

function nameOf(group: CostGroup, groupBy: CostGrouping): string {
  const name = groupBy === 'agent' ? group.agent : groupBy === 'model' ? group.model : group.provider;
  return groupName(name ?? '', groupBy);
}

function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : (100 * part) / whole;
}

/** History by group. Models of one name but two providers have one together: then it belongs to neither row. */
function historiesOf({ costs, history, question }: CostAnswer): Map<string, Float64Array> {
  const counts = new Map<string, number>();
  for (const group of costs.groups) {
    const key = keyOf(group, question.groupBy);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Map(
    history.series
      .filter((series) => !series.other && counts.get(series.key) === 1)
      .map((series) => [series.key, series.values]),
  );
}

type Figures = Omit<CostRow, 'key' | 'name' | 'detail' | 'agent' | 'history'>;

function figuresOf(figures: CostFigures, total: CostFigures): Figures {
  return {
    cost: figures.cost_usd,
    share: shareOf(figures.cost_usd, total.cost_usd),
    requests: figures.requests,
    unpriced: figures.unpriced_requests,
    each: figures.cost_per_request_usd,
    tokens: figures.input_tokens + figures.output_tokens,
    cached: shareOf(figures.cache_read_tokens, figures.input_tokens),
    saved: figures.cache_saved_usd,
  };
}

/** All groups as one row. */
export function prepareCostTotal({ costs, history, question }: CostAnswer): CostRow {
  const count = costs.groups.length;
  return {
    key: 'total',
    name: count === 1 ? `1 ${question.groupBy}` : `All ${count} ${question.groupBy}s`,
    detail: null,
    agent: null,
    ...figuresOf(costs.total, costs.total),
    history: sumColumns(
      history.series.map((series) => series.values),
      history.times.length,
    ),
  };
}

export function prepareCostRows(answer: CostAnswer): CostRow[] {
  const { costs, question } = answer;
  const { groupBy } = question;
  const histories = historiesOf(answer);
  return costs.groups.map((group) => ({
    key: `${keyOf(group, groupBy)}\n${group.provider ?? ''}`,
    name: nameOf(group, groupBy),
    detail: groupBy === 'model' && group.provider ? group.provider : null,
    agent: group.agent,
    ...figuresOf(group, costs.total),
    history: histories.get(keyOf(group, groupBy)) ?? null,
  }));
}

export function sortCostRows(rows: readonly CostRow[], sort: Sort): CostRow[] {
  const column = COST_COLUMNS.find((candidate) => candidate.id === sort.column);
  if (!column) return [...rows];
  return [...rows].sort(
    (left, right) =>
      compareValues(column.value(left), column.value(right), sort.descending) ||
      left.name.localeCompare(right.name),
  );
}

/** The table as it is on screen, without rounding (RFC 4180). */
export function costCsv(rows: readonly CostRow[], groupBy: CostGrouping): string {
  const head = [
    groupBy,
    ...(groupBy === 'model' ? ['provider'] : []),
    'cost_usd',
    'share_percent',
    'requests',
    'unpriced_requests',
    'cost_per_request_usd',
    'tokens',
    'input_from_cache_percent',
    'cache_saved_usd',
  ];
  const lines = rows.map((row) => [
    row.name,
    ...(groupBy === 'model' ? [row.detail ?? ''] : []),
    row.cost,
    row.share,
    row.requests,
    row.unpriced,
    row.each,
    row.tokens,
    row.cached,
    row.saved,
  ]);
  return csvText([head, ...lines]);
}
