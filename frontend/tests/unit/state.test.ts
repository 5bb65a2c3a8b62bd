import { notifyManager, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/services/http';
import { meKey } from '../../src/services/people';
import { learnServerTime, serverNow } from '../../src/state/clock';
import { mergeAgents, totalsOf } from '../../src/state/fleet';
import { LiveConnection, POLL_MS, SILENCE_MS, type LiveEvent } from '../../src/state/liveConnection';
import { createQueryClient, shouldRetry } from '../../src/state/queryClient';
import { canEdit } from '../../src/state/session';
import { createTailScheduler } from '../../src/state/tailScheduler';
import { chooseTheme, currentTheme } from '../../src/state/theme';
import {
  agentOfPath,
  agentPath,
  applyChanges,
  rangeChanges,
  readRange,
  searchText,
  withRange,
} from '../../src/state/urlState';
import { tailGap, tailStart } from '../../src/state/useLiveFrame';
import { previousSpan } from '../../src/state/usePrevious';
import { viewAddress } from '../../src/state/views';
import { FakeEventSource } from '../support/fakeEventSource';
import { agentOf, listOf, meOf } from '../support/samples';

describe('fleet', () => {
  const down = agentOf('b', {
    status: 'down',
    latest: { ...agentOf('b').latest, throughput_req_per_min: null },
  });

  it('sums what is measured and keeps "not measured" where nothing is', () => {
    const totals = totalsOf([agentOf('a'), down]);
    expect(totals).toMatchObject({ agents: 2, up: 1, down: 1, requests_today: 200, cost_today_usd: 3 });
    expect(totals.throughput_req_per_min).toBe(30);
    expect(totals.cpu_usage_percent).toBe(40);
    expect(totals.gpu_usage_percent).toBeNull();
    expect(totalsOf([]).cost_today_usd).toBeNull();
  });

  it('counts a host only where nothing but hosts is shown', () => {
    const host = agentOf('host:vm', {
      latest: { ...agentOf('a').latest, cpu_usage_percent: 90, memory_usage_mb: 9000 },
    });
    const alone = totalsOf([host]);
    expect([alone.cpu_usage_percent, alone.memory_usage_mb]).toEqual([90, 9000]);
    const together = totalsOf([host, agentOf('a')]);
    expect(together.cpu_usage_percent).toBe(totalsOf([agentOf('a')]).cpu_usage_percent);
    expect(together.memory_usage_mb).toBe(totalsOf([agentOf('a')]).memory_usage_mb);
  });

  it('lays changed agents over the list, adds new ones by name and keeps the server’s GPUs', () => {
    const list = listOf([agentOf('b')]);
    list.totals.gpu_count = 4;
    const merged = mergeAgents(list, [down, agentOf('a')]);
    expect(merged.agents.map((agent) => [agent.name, agent.status])).toEqual([
      ['a', 'up'],
      ['b', 'down'],
    ]);
    expect(merged.totals).toMatchObject({ down: 1, gpu_count: 4 });
    expect(mergeAgents(list, [])).toBe(list);
  });
});

describe('address', () => {
  it('reads and writes a range, and leaves the usual one out', () => {
    expect(readRange(new URLSearchParams())).toEqual({ start: 'now-1h', end: 'now' });
    const typed = new URLSearchParams('start=2026-03-09 14:00&end=2026-03-09T15:00:00Z');
    expect(readRange(typed)).toEqual({
      start: new Date(2026, 2, 9, 14).toISOString(),
      end: '2026-03-09T15:00:00.000Z',
    });
    expect(readRange(new URLSearchParams('start=soon&end=now'))).toEqual({ start: 'now-1h', end: 'now' });
    expect(rangeChanges({ start: 'now-1h', end: 'now' })).toEqual({ start: null, end: null });
    expect(withRange('/', { start: 'now-6h', end: 'now' })).toBe('/?start=now-6h');
    expect(withRange('/', { start: 'now-1d/d', end: 'now-1h' })).toBe('/?start=now-1d/d&end=now-1h');
  });

  it('keeps what it does not change', () => {
    const next = applyChanges(new URLSearchParams('q=x&sort=cpu'), { sort: null, status: 'up,late', q: '' });
    expect(searchText(next)).toBe('?status=up,late');
    expect(agentPath('a/b c')).toBe('/agents/a%2Fb%20c');
  });

  it.each(['canary 50%', 'a/b c', '%2F', '100%25', 'ü'])('finds %j again in its own address', (name) => {
    expect(agentOfPath(agentPath(name))).toBe(name);
  });

  it('takes what is no encoding for the name itself', () => {
    expect(agentOfPath('/agents/canary%2050%')).toBe('canary 50%');
    expect(agentOfPath('/')).toBeNull();
  });

  it('opens a saved view on this site alone', () => {
    expect(viewAddress({ name: 'v', path: '/agents/a', query: '?start=now-6h' })).toBe(
      '/agents/a?start=now-6h',
    );
    expect(viewAddress({ name: 'v', path: '//evil.example', query: '' })).toBe('/');
    expect(viewAddress({ name: 'v', path: 'javascript:alert(1)', query: '' })).toBe('/');
  });
});

describe('people', () => {
  it('lets editors and admins edit', () => {
    expect([canEdit(meOf({ role: 'viewer' })), canEdit(meOf({ role: 'editor' })), canEdit(null)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('queries', () => {
  it('tries again what may come back, not what was refused', () => {
    expect(shouldRetry(0, new ApiError(0, 'network', ''))).toBe(true);
    expect(shouldRetry(1, new ApiError(503, 'busy', ''))).toBe(true);
    expect(shouldRetry(2, new ApiError(503, 'busy', ''))).toBe(false);
    expect(shouldRetry(0, new ApiError(404, 'gone', ''))).toBe(false);
    expect(shouldRetry(0, new Error('a bug'))).toBe(false);
  });

  it('knows that nobody is signed in as soon as any answer says so', async () => {
    const client = createQueryClient();
    client.setQueryData(meKey, meOf());
    const refuse = () => Promise.reject(new ApiError(401, 'not_signed_in', ''));
    await client.query({ queryKey: ['x'], queryFn: refuse }).catch(() => undefined);
    expect(client.getQueryData(meKey)).toBeNull();
  });

  it('load anew for who signs in again, whatever failed before', async () => {
    const client = createQueryClient();
    let answer: () => Promise<string> = () => Promise.reject(new ApiError(404, 'gone', 'It is gone.'));
    const observer = new QueryObserver(client, { queryKey: ['x'], queryFn: () => answer() });
    const stop = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(observer.getCurrentResult().status).toBe('error'));
    answer = () => Promise.reject(new ApiError(401, 'not_signed_in', ''));
    await observer.refetch();
    answer = () => new Promise(() => undefined);
    void observer.refetch();
    await vi.waitFor(() => expect(observer.getCurrentResult().fetchStatus).toBe('fetching'));
    expect(observer.getCurrentResult().status).toBe('pending');
    stop();
  });

  it('stay failed while they are asked again, until there is an answer', async () => {
    const client = createQueryClient();
    let answer: () => Promise<string> = () => Promise.reject(new ApiError(404, 'gone', 'It is gone.'));
    const observer = new QueryObserver(client, { queryKey: ['x'], queryFn: () => answer() });
    const seen: string[] = [];
    // As React does: told that there is something new, it looks.
    const look = notifyManager.batchCalls(() => seen.push(observer.getCurrentResult().status));
    const stop = observer.subscribe(look);
    await vi.waitFor(() => expect(seen.at(-1)).toBe('error'));
    seen.length = 0;
    await observer.refetch();
    let come: (text: string) => void = () => undefined;
    answer = () => new Promise((resolve) => (come = resolve));
    const asked = observer.refetch();
    await vi.waitFor(() => expect(observer.getCurrentResult().fetchStatus).toBe('fetching'));
    expect(observer.getCurrentResult().error?.message).toBe('It is gone.');
    expect(seen).not.toContain('pending');
    come('here');
    await asked;
    expect(observer.getCurrentResult()).toMatchObject({ status: 'success', data: 'here', error: null });
    stop();
  });
});

describe('theme', () => {
  it('follows the system until somebody chooses', () => {
    expect(currentTheme()).toBe('light');
    chooseTheme('dark');
    expect([currentTheme(), document.documentElement.dataset.theme]).toEqual(['dark', 'dark']);
    chooseTheme('system');
    expect(localStorage.length).toBe(0);
    expect(document.documentElement.dataset.theme).toBe('light');
  });
});

describe('clock', () => {
  afterEach(() => learnServerTime(new Date().toISOString()));

  it('follows the server where the browser is wrong, and ignores the network’s delay', () => {
    learnServerTime(new Date(Date.now() + 60_000).toISOString());
    expect(serverNow() - Date.now()).toBeGreaterThan(59_000);
    learnServerTime(new Date(Date.now() - 300).toISOString());
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(50);
    learnServerTime('nonsense');
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(50);
  });
});

describe('tails', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it('asks from the bucket before the record, never before the range', () => {
    expect(tailStart(25_000, 10_000, 0)).toBe(10_000);
    expect(tailStart(5000, 10_000, 60_000)).toBe(50_000);
  });

  it('asks less often where buckets are wide', () => {
    expect([tailGap(1000), tailGap(120_000), tailGap(86_400_000)]).toEqual([1000, 2000, 30_000]);
  });

  it('answers many requests with one run a second, from the earliest', async () => {
    const runs: number[] = [];
    const scheduler = createTailScheduler((since) => {
      runs.push(since);
      return Promise.resolve();
    }, 1000);
    scheduler.request(50);
    await vi.advanceTimersByTimeAsync(0);
    scheduler.request(80);
    scheduler.request(70);
    scheduler.request(90);
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toEqual([50]);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toEqual([50, 70]);
  });

  it('asks again for what failed', async () => {
    const run = vi
      .fn<(since: number) => Promise<void>>()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue();
    const scheduler = createTailScheduler(run, 1000);
    scheduler.request(50);
    await vi.advanceTimersByTimeAsync(0);
    scheduler.request(80);
    await vi.advanceTimersByTimeAsync(1000);
    expect(run.mock.calls).toEqual([[50], [50]]);
  });

  it('tries again by itself after a failure, ever more slowly, until it works', async () => {
    const run = vi.fn<(since: number) => Promise<void>>().mockRejectedValue(new Error('away'));
    const scheduler = createTailScheduler(run, 1000);
    scheduler.request(50);
    await vi.advanceTimersByTimeAsync(0);
    const runsAfter = async (ms: number): Promise<number> => {
      await vi.advanceTimersByTimeAsync(ms);
      return run.mock.calls.length;
    };
    expect(await runsAfter(4900)).toBe(1);
    expect(await runsAfter(200)).toBe(2);
    expect(await runsAfter(9700)).toBe(2);
    expect(await runsAfter(400)).toBe(3);
    expect(await runsAfter(20_100)).toBe(4);
    expect(await runsAfter(40_100)).toBe(5);
    expect(await runsAfter(60_100)).toBe(6);
    expect(await runsAfter(60_100)).toBe(7);
    run.mockResolvedValueOnce();
    expect(await runsAfter(60_100)).toBe(8);
    expect(await runsAfter(600_000)).toBe(8);
    scheduler.request(90);
    expect(await runsAfter(0)).toBe(9);
    expect(await runsAfter(5100)).toBe(10);
    expect(run.mock.calls.map(([since]) => since)).toEqual([50, 50, 50, 50, 50, 50, 50, 50, 90, 90]);
    scheduler.stop();
    expect(await runsAfter(600_000)).toBe(10);
  });

  it('never runs twice at a time, and not once it is stopped', async () => {
    let finish = (): void => undefined;
    const run = vi.fn<(since: number) => Promise<void>>(() => new Promise((resolve) => (finish = resolve)));
    const scheduler = createTailScheduler(run, 1000);
    scheduler.request(1);
    await vi.advanceTimersByTimeAsync(0);
    scheduler.request(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(run).toHaveBeenCalledTimes(1);
    finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(run).toHaveBeenCalledTimes(2);
    scheduler.request(3);
    scheduler.stop();
    finish();
    await vi.advanceTimersByTimeAsync(5000);
    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe('LiveConnection', () => {
  let connection: LiveConnection;
  let events: LiveEvent[];
  let hidden: boolean;

  const hide = (value: boolean): void => {
    hidden = value;
    document.dispatchEvent(new Event('visibilitychange'));
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    hidden = false;
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    events = [];
    connection = new LiveConnection();
    connection.subscribe((event) => events.push(event));
    connection.start();
  });

  afterEach(() => connection.stop());

  it('is live once the stream is open, and passes on what was committed', () => {
    expect(connection.getState().mode).toBe('connecting');
    FakeEventSource.latest.open();
    FakeEventSource.latest.send('committed', {
      agents: ['x'],
      start: '1970-01-01T00:00:07Z',
      end: '',
      records: 1,
    });
    expect(connection.getState().mode).toBe('live');
    expect(events.at(-1)).toEqual({ type: 'committed', agents: ['x'], startMs: 7000 });
  });

  it('polls every five seconds while the stream is lost, and knows how old the page is', () => {
    FakeEventSource.latest.open();
    FakeEventSource.latest.fail();
    vi.advanceTimersByTime(2 * POLL_MS);
    expect(connection.getState()).toEqual({ mode: 'lost', freshMs: 1_000_000 });
    expect(events.filter((event) => event.type === 'resync')).toHaveLength(3);
    connection.markFresh();
    expect(connection.getState().freshMs).toBe(1_000_000 + 2 * POLL_MS);
  });

  it('asks for what it missed when it is back', () => {
    FakeEventSource.latest.open();
    FakeEventSource.latest.fail();
    vi.advanceTimersByTime(3000);
    FakeEventSource.latest.open();
    expect(events.at(-1)).toEqual({ type: 'resync', sinceMs: 1_000_000, whole: false });
    expect(connection.getState().mode).toBe('live');
  });

  it('takes a stream that fell silent for lost, and opens another', () => {
    FakeEventSource.latest.open();
    vi.advanceTimersByTime(SILENCE_MS + POLL_MS);
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(connection.getState().mode).toBe('lost');
    FakeEventSource.latest.send('ping', {});
    expect(connection.getState().mode).toBe('live');
  });

  it('is lost while the server cannot read its data, whatever the pings say', () => {
    FakeEventSource.latest.open();
    vi.advanceTimersByTime(1000);
    connection.markFailed();
    vi.advanceTimersByTime(1000);
    FakeEventSource.latest.send('ping', {});
    expect(connection.getState()).toEqual({ mode: 'lost', freshMs: 1_000_000 });
    connection.markFresh();
    expect(connection.getState()).toEqual({ mode: 'live', freshMs: 1_002_000 });
  });

  it('is live again as soon as the stream brings data', () => {
    FakeEventSource.latest.open();
    connection.markFailed();
    FakeEventSource.latest.send('agents', { agents: [] });
    expect(connection.getState().mode).toBe('live');
  });

  it('stays lost after a poll that worked, or an opened stream alone, until both work', () => {
    FakeEventSource.latest.open();
    FakeEventSource.latest.fail();
    connection.markFailed();
    connection.markFresh();
    expect(connection.getState().mode).toBe('lost');
    connection.markFailed();
    vi.advanceTimersByTime(3000);
    FakeEventSource.latest.open();
    expect(connection.getState()).toEqual({ mode: 'lost', freshMs: 1_000_000 });
  });

  it('takes what an answer means from the answer', async () => {
    FakeEventSource.latest.open();
    const away = new ApiError(503, 'busy', 'Away.');
    await expect(connection.ask(Promise.reject(away))).rejects.toBe(away);
    expect(connection.getState().mode).toBe('lost');
    await expect(connection.ask(Promise.resolve(1))).resolves.toBe(1);
    expect(connection.getState().mode).toBe('live');
    await connection.ask(Promise.reject(new ApiError(404, 'gone', ''))).catch(() => undefined);
    await connection.ask(Promise.reject(new Error('off')), AbortSignal.abort()).catch(() => undefined);
    expect(connection.getState().mode).toBe('live');
  });

  it('asks for everything anew where another stream took over, since that one does not resume', () => {
    FakeEventSource.latest.open();
    expect(events.at(-1)).toMatchObject({ type: 'resync', whole: false });
    hide(true);
    hide(false);
    FakeEventSource.latest.open();
    expect(events.at(-1)).toMatchObject({ type: 'resync', whole: true });
    FakeEventSource.latest.fail();
    FakeEventSource.latest.open();
    expect(events.at(-1)).toMatchObject({ type: 'resync', whole: false });
    vi.advanceTimersByTime(SILENCE_MS + POLL_MS);
    FakeEventSource.latest.open();
    expect(events.at(-1)).toMatchObject({ type: 'resync', whole: true });
  });

  it('notices a silent stream also while questions fail', () => {
    FakeEventSource.latest.open();
    connection.markFailed();
    vi.advanceTimersByTime(SILENCE_MS + POLL_MS);
    expect(FakeEventSource.opened).toHaveLength(2);
  });

  it('rests while the tab is hidden', () => {
    const told = vi.fn();
    const stop = connection.subscribeState(told);
    FakeEventSource.latest.open();
    hide(true);
    expect(connection.getState().mode).toBe('paused');
    expect(FakeEventSource.latest.readyState).toBe(FakeEventSource.CLOSED);
    connection.markFailed();
    connection.markFresh();
    hide(false);
    expect(connection.getState().mode).toBe('connecting');
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(told).toHaveBeenCalledTimes(3);
    stop();
  });
});

describe('the span before', () => {
  it('lies whole buckets earlier and covers the window', () => {
    const window = { startMs: 1_000_500, endMs: 4_600_500, live: true };
    const span = previousSpan(window, 10_000);
    expect(span.shiftMs).toBe(3_600_000);
    expect(span.startMs).toBeLessThanOrEqual(window.startMs - span.shiftMs);
    expect(span.endMs).toBeGreaterThanOrEqual(window.endMs - span.shiftMs);
  });

  it('stays the same question while a live range moves a little, and is another one later', () => {
    const at = (ms: number) => previousSpan({ startMs: ms, endMs: ms + 3_600_000, live: true }, 10_000);
    expect(at(7_200_001)).toEqual(at(7_210_000));
    expect(at(7_200_000 + 400_000)).not.toEqual(at(7_200_000));
  });

  it('shifts by a whole bucket where the window is shorter than one', () => {
    expect(previousSpan({ startMs: 0, endMs: 15_000, live: false }, 10_000).shiftMs).toBe(20_000);
  });
});
