import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { getAgent, listAgents, listEvents } from '../../src/services/agents';
import { getConfiguration, postConfiguration } from '../../src/services/configuration';
import { ApiError, buildUrl, request } from '../../src/services/http';
import { exportUrl, getFrame } from '../../src/services/metrics';
import { openStream, REOPEN_MS, type StreamHandlers } from '../../src/services/stream';
import { FakeEventSource } from '../support/fakeEventSource';
import { FakeServer } from '../support/fakeServer';
import { agentOf, configurationOf, listOf } from '../support/samples';

function answerWith(...bodies: unknown[]) {
  const fetch = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>();
  for (const body of bodies) fetch.mockResolvedValueOnce(new Response(JSON.stringify(body)));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

describe('request', () => {
  it('repeats a name for each value and leaves out what is not given', () => {
    expect(buildUrl('/x', { agent: ['a b', 'c'], limit: 5, cursor: undefined })).toBe(
      '/x?agent=a+b&agent=c&limit=5',
    );
    expect(buildUrl('/x')).toBe('/x');
  });

  it('gives the server’s own reason', async () => {
    const server = new FakeServer().install();
    server.failures.set('/api/v1/me', 503);
    await expect(request('/api/v1/me')).rejects.toMatchObject({
      status: 503,
      code: 'code_503',
      message: 'Refused with 503.',
    });
  });

  it('says that it does not know where an answer has no reason', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })));
    await expect(request('/x')).rejects.toMatchObject({ status: 502, code: 'unknown' });
  });

  it('tells an unreachable server from one that refuses', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')));
    await expect(request('/x')).rejects.toEqual(new ApiError(0, 'network', 'The server cannot be reached.'));
  });

  it('passes on that it was called off', async () => {
    const controller = new AbortController();
    controller.abort();
    vi.stubGlobal('fetch', () => Promise.reject(new DOMException('off', 'AbortError')));
    await expect(request('/x', { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a server that hangs', () => {
  /** An answer that never comes, unless it is called off. */
  function hang() {
    const timeout = new AbortController();
    const asked = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
    vi.stubGlobal(
      'fetch',
      (_url: string, { signal }: RequestInit) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(new DOMException('off', 'AbortError')));
        }),
    );
    return { asked, expire: () => timeout.abort() };
  }

  it('is given thirty seconds', async () => {
    const { asked, expire } = hang();
    const answer = request('/x', { signal: new AbortController().signal });
    expire();
    await expect(answer).rejects.toEqual(
      new ApiError(0, 'timeout', 'The server did not answer within 30 s.'),
    );
    expect(asked).toHaveBeenCalledWith(30_000);
  });

  it('may stop in the middle of its answer', async () => {
    const { expire } = hang();
    const body = new Response('{}');
    vi.spyOn(body, 'json').mockImplementation(() => {
      expire();
      return Promise.reject(new DOMException('off', 'AbortError'));
    });
    vi.stubGlobal('fetch', () => Promise.resolve(body));
    await expect(request('/x')).rejects.toMatchObject({ status: 0, code: 'timeout' });
  });

  it('is no timeout where the page itself called it off', async () => {
    hang();
    const controller = new AbortController();
    const answer = request('/x', { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('agents', () => {
  it('follows the pages of a large fleet', async () => {
    const first = { ...listOf([agentOf('a')]), next_cursor: 'more' };
    const fetch = answerWith(first, listOf([agentOf('b')]));
    const list = await listAgents();
    expect(list.agents.map((agent) => agent.name)).toEqual(['a', 'b']);
    expect(fetch.mock.calls[1]?.[0]).toContain('cursor=more');
  });

  it('encodes a name with a slash', async () => {
    const fetch = answerWith(agentOf('a/b'), { events: [], next_cursor: null });
    await getAgent('a/b');
    await listEvents({ agent: 'a/b', start: 'now-1h', end: 'now', limit: 5 }, new AbortController().signal);
    expect(fetch.mock.calls[0]?.[0]).toBe('/api/v1/agents/a%2Fb');
    expect(fetch.mock.calls[1]?.[0]).toBe('/api/v1/agents/a%2Fb/events?start=now-1h&end=now&limit=5');
  });
});

describe('metrics', () => {
  it('turns null into "not measured" and seconds into milliseconds', async () => {
    const series = { agent_id: 'i', agent: 'a', metric: 'm', unit: 'ms', values: [1, null] };
    const fetch = answerWith({ start: '', end: '', step_s: 10, times: [0, 10_000], series: [series] });
    const frame = await getFrame({
      agents: ['a'],
      metrics: ['m'],
      start: 'now-1h',
      end: 'now',
      stepMs: 10_000,
      groupBy: 'agent',
    });
    expect(frame.stepMs).toBe(10_000);
    expect([...(frame.series[0]?.values ?? [])]).toEqual([1, NaN]);
    expect(fetch.mock.calls[0]?.[0]).toContain('step=10s&group_by=agent');
  });

  it('exports what is on screen', () => {
    expect(exportUrl(['a', 'b'], 'now-6h', 'now', 'csv')).toBe(
      '/api/v1/export?agent=a&agent=b&start=now-6h&end=now&format=csv',
    );
  });
});

describe('configuration', () => {
  it('prefers the agent’s own to the fleet’s', async () => {
    const own = configurationOf({ agent_id: 'i', agent: 'a' });
    answerWith({ configurations: [configurationOf(), own] }, { configurations: [] });
    expect(await getConfiguration('a')).toEqual(own);
    await expect(getConfiguration('a')).rejects.toThrow('no configuration');
  });

  it('sends a change as JSON', async () => {
    const fetch = answerWith(configurationOf());
    await postConfiguration({ agent: 'a', enabled: false });
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: 'POST', body: '{"agent":"a","enabled":false}' });
  });
});

describe('openStream', () => {
  let heard: string[];
  let handlers: StreamHandlers;

  beforeEach(() => {
    vi.useFakeTimers();
    heard = [];
    handlers = {
      onOpen: (resumed) => heard.push(resumed ? 'resumed' : 'open'),
      onHeard: () => heard.push('heard'),
      onError: () => heard.push('error'),
      onCommitted: (committed) => heard.push(`committed ${committed.agents.join()}`),
      onAgents: (agents) => heard.push(`agents ${agents.map((agent) => agent.name).join()}`),
    };
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('passes on what the server says', () => {
    openStream(handlers);
    FakeEventSource.latest.open();
    FakeEventSource.latest.send('ping', {});
    FakeEventSource.latest.send('committed', { agents: ['x'], start: '', end: '', records: 1 });
    FakeEventSource.latest.send('agents', { agents: [agentOf('a')] });
    expect(heard).toEqual(['open', 'heard', 'heard', 'committed x', 'heard', 'agents a']);
  });

  it('survives an event that is no JSON', () => {
    openStream(handlers);
    FakeEventSource.latest.send('committed', 'oops');
    FakeEventSource.latest.send('agents', 'oops');
    expect(heard).toEqual(['heard', 'heard']);
  });

  it('leaves a broken connection to the browser and opens a refused one again', () => {
    openStream(handlers);
    FakeEventSource.latest.fail();
    vi.advanceTimersByTime(REOPEN_MS);
    expect(FakeEventSource.opened).toHaveLength(1);
    FakeEventSource.latest.fail(true);
    vi.advanceTimersByTime(REOPEN_MS);
    expect(FakeEventSource.opened).toHaveLength(2);
    FakeEventSource.latest.open();
    FakeEventSource.latest.fail();
    FakeEventSource.latest.open();
    expect(heard.filter((word) => word !== 'error')).toEqual(['open', 'resumed']);
  });

  it('does not come back once it is closed', () => {
    const stream = openStream(handlers);
    FakeEventSource.latest.fail(true);
    stream.close();
    vi.advanceTimersByTime(REOPEN_MS * 2);
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});
