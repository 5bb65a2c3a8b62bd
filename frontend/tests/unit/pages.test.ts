import { describe, expect, it } from 'vitest';
import { fromDraft, toDraft } from '../../src/pages/agent/configurationDraft';
import { HISTORY_METRICS, sparklineBuckets } from '../../src/pages/fleet/fleetColumns';
import {
  ALL_AGENTS,
  DEFAULT_SORT,
  filterAgents,
  holdOrder,
  isNumeric,
  prepareHistories,
  readFilter,
  readSort,
  sortAgents,
} from '../../src/pages/fleet/fleetRows';
import { faviconAddress } from '../../src/design/favicon';
import { groupAgents, labelNames, linesOf } from '../../src/pages/fleet/fleetGroups';
import { awaitedWords, fleetFacts, fleetProblems, fleetSentence } from '../../src/pages/fleet/fleetSentence';
import { visibleSpan } from '../../src/pages/fleet/useVisibleRows';
import { prepareModelRows } from '../../src/pages/agent/modelRows';
import { linkToken, safeNext, signInProblem } from '../../src/pages/people/signInText';
import { documentTitle } from '../../src/pages/useDocumentTitle';
import { ApiError } from '../../src/services/http';
import type { Agent } from '../../src/services/types';
import { totalsOf } from '../../src/state/fleet';
import { mergeFrames } from '../../src/utils/frame';
import { nextSort, writeSort } from '../../src/utils/sort';
import { agentOf, configurationOf, costsOf, frameOf } from '../support/samples';

const names = (agents: Agent[]): string[] => agents.map((agent) => agent.name);

function withCpu(name: string, cpu: number | null): Agent {
  const agent = agentOf(name);
  return { ...agent, latest: { ...agent.latest, cpu_usage_percent: cpu } };
}

describe('filter', () => {
  const agents = [
    agentOf('search-api', { host: 'gpu-1', labels: { env: 'prod' } }),
    agentOf('search-worker', { status: 'down', host: null }),
  ];

  it('finds every word in name, host or label', () => {
    expect(names(filterAgents(agents, { text: 'SEARCH', statuses: [] }))).toHaveLength(2);
    expect(names(filterAgents(agents, { text: 'env=prod gpu', statuses: [] }))).toEqual(['search-api']);
    expect(names(filterAgents(agents, { text: '', statuses: ['down', 'late'] }))).toEqual(['search-worker']);
  });

  it('reads the address and ignores what is no status', () => {
    expect(readFilter(new URLSearchParams('q=x&status=down,nonsense'))).toEqual({
      text: 'x',
      statuses: ['down'],
    });
  });
});

describe('sort', () => {
  it('puts what needs a person first', () => {
    const agents = [agentOf('a'), agentOf('b', { status: 'late' }), agentOf('c', { status: 'down' })];
    expect(names(sortAgents(agents, readSort(new URLSearchParams())))).toEqual(['c', 'b', 'a']);
  });

  it('keeps "not measured" last in either direction', () => {
    const agents = [withCpu('none', null), withCpu('low', 5), withCpu('high', 90), withCpu('nil', null)];
    expect(names(sortAgents(agents, { column: 'cpu', descending: true }))).toEqual([
      'high',
      'low',
      'nil',
      'none',
    ]);
    expect(names(sortAgents(agents, { column: 'cpu', descending: false }))).toEqual([
      'low',
      'high',
      'nil',
      'none',
    ]);
  });

  it('sorts by name and by when an agent was last seen', () => {
    const agents = [agentOf('b', { last_seen: null }), agentOf('a')];
    expect(names(sortAgents(agents, { column: 'name', descending: true }))).toEqual(['b', 'a']);
    expect(names(sortAgents(agents, { column: 'seen', descending: true }))).toEqual(['a', 'b']);
  });

  it('turns round on the second click and stands in the address', () => {
    const first = nextSort({ column: 'status', descending: false }, 'cpu', isNumeric('cpu'));
    expect(first).toEqual({ column: 'cpu', descending: true });
    expect(nextSort(first, 'name', isNumeric('name'))).toEqual({ column: 'name', descending: false });
    expect(writeSort(nextSort(first, 'cpu', true), DEFAULT_SORT)).toBe('cpu');
    expect(writeSort(first, DEFAULT_SORT)).toBe('-cpu');
    expect(writeSort({ column: 'status', descending: false }, DEFAULT_SORT)).toBeNull();
    expect(readSort(new URLSearchParams('sort=-cpu'))).toEqual(first);
    expect(readSort(new URLSearchParams('sort=nonsense')).column).toBe('status');
  });

  it('holds rows in place and adds new ones at the end', () => {
    const agents = [agentOf('new'), agentOf('b'), agentOf('a')];
    expect(names(holdOrder(agents, ['id-a', 'id-b']))).toEqual(['a', 'b', 'new']);
  });
});

describe('histories', () => {
  it('gives each agent its own, and sums and means over those shown', () => {
    const one = frameOf(0, 10, { 'cost_usd:sum': [1, null], 'cpu_usage_percent:avg': [10, 20] }, 'a');
    const two = frameOf(0, 10, { 'cost_usd:sum': [2, 3], 'cpu_usage_percent:avg': [30, 40] }, 'b');
    const frame = mergeFrames(one, two, 0);
    const histories = prepareHistories(frame, new Set(['id-a', 'id-b']));
    expect([...(histories.get('id-a')?.get('cost_usd:sum') ?? [])]).toEqual([1, NaN]);
    expect([...(histories.get(ALL_AGENTS)?.get('cost_usd:sum') ?? [])]).toEqual([3, 3]);
    expect([...(histories.get(ALL_AGENTS)?.get('cpu_usage_percent:avg') ?? [])]).toEqual([20, 30]);
    const filtered = prepareHistories(frame, new Set(['id-b']));
    expect([...(filtered.get(ALL_AGENTS)?.get('cost_usd:sum') ?? [])]).toEqual([2, 3]);
  });

  it('stays within the buckets that one answer may hold', () => {
    expect(sparklineBuckets(0)).toBe(60);
    expect(sparklineBuckets(50)).toBe(60);
    const many = 1000;
    expect(sparklineBuckets(many) * many * HISTORY_METRICS.length).toBeLessThanOrEqual(100_000);
    expect(sparklineBuckets(100_000)).toBe(12);
  });
});

describe('fleetSentence', () => {
  const say = (agents: Agent[], p95: number | null = null): string => {
    const { lead, rest } = fleetSentence(agents, totalsOf(agents), p95);
    return [lead, ...rest].join(' ');
  };
  const quiet = { today: { requests: 0, errors: 0, cost_usd: null } };

  it('answers whether it is up, what it costs and how slow it is', () => {
    expect(say([agentOf('a'), agentOf('b')], 1234)).toBe('All 2 up. $3.00 today. p95 1.23 s.');
  });

  it.each([
    [[agentOf('a', { ...quiet, status: 'down' }), agentOf('b', quiet)], '1 of 2 down: a.'],
    [[agentOf('a', { ...quiet, status: 'error' })], '1 of 1 in error: a.'],
    [[agentOf('a', { ...quiet, status: 'late' })], '1 of 1 late: a.'],
    [[agentOf('a', quiet)], 'The agent is up.'],
    [[agentOf('a', { ...quiet, status: 'stopped' }), agentOf('b', quiet)], '1 of 2 up.'],
    [[agentOf('a', { ...quiet, status: 'never' })], 'None of 1 running.'],
  ])('case %#', (agents, sentence) => {
    expect(say(agents)).toBe(sentence);
  });

  it('cuts a name that is very long, and keeps one that turns the direction by itself', () => {
    const down = (name: string) => agentOf(name, { status: 'down' });
    const lead = (name: string) => fleetSentence([down(name)], totalsOf([down(name)]), null).lead;
    expect(lead('監'.repeat(200))).toBe(`1 of 1 down: ${'監'.repeat(59)}….`);
    expect(lead('وكيل')).toBe('1 of 1 down: \u2068وكيل\u2069.');
  });

  it('compares with yesterday, and names what else needs a person', () => {
    const agents = ['down', 'error', 'late', 'up'] as const;
    const list = agents.map((status) => agentOf(status, { status }));
    const { rest } = fleetSentence(list, totalsOf(list), null, 12);
    expect(rest).toEqual(['1 in error, 1 late.', '$6.00 today, 50% less than yesterday by now.']);
  });

  it('picks three that need a person: the gravest, and of these the newest', () => {
    const agents = [
      agentOf('up'),
      agentOf('late', { status: 'late' }),
      agentOf('long down', { status: 'down', since: '2026-03-10T08:00:00Z' }),
      agentOf('unknown', { status: 'down', since: null }),
      agentOf('just down', { status: 'down' }),
      agentOf('stopped', { status: 'stopped' }),
    ];
    const names = fleetProblems(agents).map((agent) => agent.name);
    expect(names).toEqual(['just down', 'long down', 'unknown']);
    expect(fleetProblems(agents.slice(0, 2)).map((agent) => agent.name)).toEqual(['late']);
    expect(fleetProblems([agentOf('up')])).toEqual([]);
  });

  it('keeps room for what is still to come', () => {
    const awaited = { yesterday: true, p95: true };
    expect(awaitedWords(totalsOf([agentOf('a')]), awaited)).toBe(
      ', 10% more than yesterday by now. p95 1.00 s.',
    );
    expect(awaitedWords(totalsOf([agentOf('a', quiet)]), awaited)).toBe('p95 1.00 s.');
    expect(awaitedWords(totalsOf([agentOf('a')]), { yesterday: false, p95: false })).toBe('');
  });

  it('tells the month and the GPUs beside it', () => {
    const totals = { ...totalsOf([]), gpu_count: 2, gpu_usage_percent: 43, gpu_memory_usage_mb: 2000 };
    expect(fleetFacts(totals, costsOf().month)).toEqual([
      '$412 this month, about $1,020 by its end',
      '2 GPUs 43.0% busy, 2.00 GB of their memory in use',
    ]);
    const fresh = { ...costsOf().month, forecast_usd: null };
    expect(fleetFacts({ ...totals, gpu_count: 1, gpu_memory_usage_mb: null }, fresh)).toEqual([
      '$412 this month',
      '1 GPU 43.0% busy',
    ]);
    expect(fleetFacts(totalsOf([]), null)).toEqual([]);
  });

  it('names two of many and counts failures', () => {
    const many = ['a', 'b', 'c'].map((name) => agentOf(name, { ...quiet, status: 'down' }));
    expect(say(many)).toBe('3 of 3 down: a, b and 1 more.');
    expect(say([agentOf('a', { today: { requests: 9, errors: 1, cost_usd: null } })])).toContain(
      '1 failed request today.',
    );
    expect(say([agentOf('a', { today: { requests: 9, errors: 2, cost_usd: null } })])).toContain(
      '2 failed requests today.',
    );
  });
});

describe('groups', () => {
  const agents = [
    agentOf('a', { labels: { team: 'x' } }),
    agentOf('b'),
    agentOf('c', { labels: { team: 'w' }, status: 'late' }),
    agentOf('d', { labels: { team: 'x', env: 'prod' } }),
  ];
  const frame = frameOf(0, 10, { 'cost_usd:sum': [1, 2], 'latency_ms:p95': [5, 5] }, 'a');
  const histories = prepareHistories(frame, new Set(['id-a']));

  it('are the labels that agents have', () => {
    expect(labelNames(agents)).toEqual(['env', 'team']);
  });

  it('have totals and histories, and stand by gravity where rows do', () => {
    const groups = groupAgents(agents, 'team', DEFAULT_SORT, histories);
    expect(groups.map((group) => [group.name, group.status, group.count])).toEqual([
      ['w', 'late', 1],
      ['x', 'up', 2],
      ['no team', 'up', 1],
    ]);
    expect(groups[1]?.totals.cost_today_usd).toBe(3);
    expect([...(groups[1]?.history.get('cost_usd:sum') ?? [])]).toEqual([1, 2]);
    expect(groups[1]?.history.has('latency_ms:p95')).toBe(false);
  });

  it('stand by name where rows are sorted otherwise', () => {
    const groups = groupAgents(agents, 'team', { column: 'cpu', descending: true }, histories);
    expect(groups.map((group) => group.name)).toEqual(['w', 'x', 'no team']);
    const lines = linesOf(agents, groups).map((line) =>
      'agent' in line ? line.agent.name : line.group.name,
    );
    expect(lines).toEqual(['w', 'c', 'x', 'a', 'd', 'no team', 'b']);
    expect(linesOf(agents, null)).toHaveLength(4);
  });
});

describe('sign-in', () => {
  it('reads the token of a link', () => {
    expect(linkToken('#link=abc')).toBe('abc');
    expect([linkToken(''), linkToken('#link='), linkToken('#other=1')]).toEqual([null, null, null]);
  });

  it('goes on to a page of this site alone', () => {
    expect(safeNext('next=%2Fagents%2Fa%3Fstart%3Dnow-6h')).toBe('/agents/a?start=now-6h');
    expect(
      ['next=https://evil.example', 'next=//evil.example', 'next=/\\evil', 'next=/sign-in', ''].map(safeNext),
    ).toEqual(['/', '/', '/', '/', '/']);
  });

  it('says what to do about a refusal', () => {
    const problem = (status: number, byLink = false): string =>
      signInProblem(new ApiError(status, 'x', 'Reason.'), byLink);
    expect(problem(401, true)).toContain('sentinel link');
    expect(problem(401)).toBe('Name and password do not match.');
    expect(problem(429)).toContain('Wait a minute');
    expect(problem(0)).toContain('cannot be reached');
    expect(problem(503)).toContain('Reason.');
    expect(problem(400)).toBe('Reason.');
  });
});

describe('configuration draft', () => {
  const before = configurationOf({
    thresholds: { latency_ms: { warn: 1000, critical: null }, custom: { warn: 1, critical: 2 } },
  });
  const draft = toDraft(before);

  it('shows what is set and leaves the rest empty', () => {
    expect(draft.interval).toBe('5');
    expect(draft.thresholds.latency_ms).toEqual({ warn: '1000', critical: '' });
    expect(draft.thresholds.cpu_usage_percent).toEqual({ warn: '', critical: '' });
  });

  it('sends what was changed and keeps thresholds that it does not show', () => {
    const changed = { ...draft, enabled: false, interval: ' 2,5 ' };
    changed.thresholds = { ...draft.thresholds, cpu_usage_percent: { warn: '80', critical: '95' } };
    expect(fromDraft(changed, before)).toEqual({
      change: {
        enabled: false,
        interval_s: 2.5,
        retention_days: 90,
        thresholds: {
          latency_ms: { warn: 1000, critical: null },
          custom: { warn: 1, critical: 2 },
          cpu_usage_percent: { warn: 80, critical: 95 },
        },
      },
    });
  });

  it('removes a threshold by emptying it', () => {
    const emptied = { ...draft, thresholds: { ...draft.thresholds, latency_ms: { warn: '', critical: '' } } };
    expect(fromDraft(emptied, before)).toMatchObject({
      change: { thresholds: { latency_ms: { warn: null, critical: null } } },
    });
  });

  it.each([
    [{ interval: '' }, 'between 0.2 and 3600'],
    [{ interval: '0.1' }, 'between'],
    [{ interval: 'fast' }, 'between'],
    [{ retention: '' }, 'a whole number of days'],
    [{ retention: '1.5' }, 'a whole number of days'],
    [{ thresholds: { latency_ms: { warn: 'x', critical: '' } } }, 'must be numbers of ms'],
    [{ thresholds: { latency_ms: { warn: '5', critical: '-1' } } }, 'must be numbers'],
    [{ thresholds: { latency_ms: { warn: '5', critical: '4' } } }, 'critical must not be below warn'],
  ])('refuses %j', (part, problem) => {
    const result = fromDraft({ ...draft, ...part }, before);
    expect('problem' in result && result.problem).toContain(problem);
  });
});

describe('rows and titles', () => {
  it('draws the rows near the screen', () => {
    expect(visibleSpan(1000, 200, 800, 32)).toEqual({ from: 0, to: 31 });
    expect(visibleSpan(1000, -3200, 800, 32)).toEqual({ from: 88, to: 137 });
    expect(visibleSpan(10, 5000, 800, 32)).toEqual({ from: 0, to: 0 });
  });

  it('tells in the title how many are down', () => {
    expect(documentTitle('Fleet', 0)).toBe('Fleet · Sentinel');
    expect(documentTitle('Fleet', 2)).toBe('(2 down) Fleet · Sentinel');
  });

  it('tells in the icon too', () => {
    const colours = { ground: 'red', ink: 'white' };
    expect(faviconAddress(0, colours)).toBe('/favicon.svg');
    expect(decodeURIComponent(faviconAddress(3, colours))).toMatch(
      /^data:image\/svg\+xml,<svg.*fill="red".*>3<\/text>/,
    );
    expect(decodeURIComponent(faviconAddress(120, colours))).toContain('>99</text>');
  });
});

describe('models', () => {
  const series = (key: string, metric: string, values: number[], other = false) => ({
    key,
    name: key,
    metric,
    unit: 'count' as const,
    other,
    values: Float64Array.from(values),
    previous: new Float64Array(0),
  });

  it('have their sums over the range, and an average over their requests', () => {
    const rows = prepareModelRows({
      stepMs: 10,
      times: Float64Array.of(0, 10),
      series: [
        series('big', 'requests:sum', [20, 10]),
        series('big', 'latency_ms:sum', [2000, Number.NaN]),
        series('big', 'latency_ms:count', [20, Number.NaN]),
        series('big', 'input_tokens:sum', [7, Number.NaN]),
        series('', 'requests:sum', [10, Number.NaN]),
        series('', 'requests:sum', [Number.NaN, Number.NaN], true),
      ],
    });
    expect(rows).toMatchObject([
      { name: 'big', requests: 30, share: 75, latency: 100, tokens: 7, cost: null, failed: null },
      { name: 'no model named', requests: 10, share: 25, latency: null, tokens: null },
    ]);
  });
});
