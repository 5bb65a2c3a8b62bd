import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeEventSource } from '../support/fakeEventSource';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, listOf, meOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [
    agentOf('alpha'),
    agentOf('beta', {
      status: 'down',
      reason: 'No record for 9 minutes',
      since: new Date(Date.now() - 540_000).toISOString(),
    }),
    agentOf('gamma', { labels: { env: 'prod' } }),
  ];
});

const rowNames = (): (string | null)[] =>
  [...document.querySelectorAll('[data-agent]')].map((row) => row.getAttribute('data-agent'));

/** What was asked for the histories; the sentence asks for yesterday beside them. */
const asked = () =>
  server
    .requests('/api/v1/metrics')
    .map((request) => request.url.searchParams)
    .filter((params) => params.get('start') !== 'now-1d/d');

async function openFleet(address = '/', agent = 'alpha') {
  const app = renderApp(address);
  await screen.findByRole('link', { name: agent });
  return app;
}

describe('fleet page', () => {
  it('shows every agent with status, since, newest values and totals over all', async () => {
    await openFleet();
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('1 of 3 down: beta. $4.50 today');
    const beta = screen.getByRole('row', { name: /^beta/ });
    expect(within(beta).getByText('down')).toBeInTheDocument();
    expect(beta).toHaveTextContent('9 min');
    expect(screen.getByRole('row', { name: /^alpha/ })).toHaveTextContent('120');
    expect(screen.getByRole('row', { name: /^All 3 agents/ })).toHaveTextContent('$4.50');
    await waitFor(() => expect(document.title).toBe('(1 down) Fleet · Sentinel'));
  });

  it('says why an agent is down, and leads to it with the range', async () => {
    await openFleet('/?start=now-6h');
    const problems = screen.getByRole('list', { name: 'Agents that need attention' });
    expect(problems).toHaveTextContent('beta down for 9 min · No record for 9 minutes');
    expect(within(problems).getAllByRole('listitem')).toHaveLength(1);
    await userEvent.click(within(problems).getByRole('link', { name: 'beta' }));
    expect(window.location.pathname + window.location.search).toBe('/agents/beta?start=now-6h');
  });

  it('lists nothing where all are well', async () => {
    server.agents = [agentOf('alpha')];
    await openFleet();
    expect(screen.queryByRole('list', { name: 'Agents that need attention' })).toBeNull();
  });

  it('draws no history where none has room', async () => {
    const wide = window.matchMedia.bind(window);
    vi.stubGlobal('matchMedia', (query: string) =>
      Object.assign(wide(query), { matches: query === '(max-width: 1380px)' }),
    );
    await openFleet();
    await screen.findByRole('img', { name: 'CPU of alpha over the range' });
    expect(screen.queryByRole('img', { name: 'Memory of alpha over the range' })).toBeNull();
  });

  it('keeps no room in its sentence once yesterday is known', async () => {
    await openFleet();
    const heading = screen.getByRole('heading', { level: 1 });
    await waitFor(() => expect(heading.querySelector('[aria-hidden]:not(svg)')).toBeNull());
  });

  it('asks for the histories of all agents at once, with about sixty buckets', async () => {
    await openFleet();
    const spark = await screen.findByRole('img', { name: 'CPU of alpha over the range' });
    await waitFor(() => expect(Number(spark.getAttribute('data-points'))).toBeGreaterThan(50));
    expect(asked().map((params) => [params.get('step'), params.get('group_by')])).toEqual([
      ['60s', 'agent'],
      ['60s', 'none'],
    ]);
    expect(asked()[0]?.getAll('agent')).toEqual([]);
  });

  it('compares today with yesterday, and tells the month and the GPUs', async () => {
    server.value = 0.1;
    await openFleet();
    expect(await screen.findByText(/^\$4\.50 today, .* yesterday by now\.$/)).toBeInTheDocument();
    expect(await screen.findByText('$412 this month, about $1,020 by its end')).toBeInTheDocument();
    const yesterday = server
      .requests('/api/v1/metrics')
      .find((request) => request.url.searchParams.get('start') === 'now-1d/d');
    expect(yesterday?.url.searchParams.get('end')).toBe('now-1d');
    const main = within(screen.getByRole('main'));
    expect(main.getByRole('link', { name: 'Costs' })).toHaveAttribute('href', '/costs');
  });

  it('says nothing of yesterday and the month where they cannot be read', async () => {
    server.failures.set('/api/v1/costs', 503);
    server.failures.set('/api/v1/metrics', 400);
    await openFleet();
    expect(await screen.findByText('$4.50 today.')).toBeInTheDocument();
    expect(screen.queryByText(/this month/)).toBeNull();
  });

  it('shows in the icon of the tab how many are down', async () => {
    const icon = Object.assign(document.createElement('link'), { rel: 'icon', href: '/favicon.svg' });
    document.head.append(icon);
    await openFleet();
    await waitFor(() => expect(decodeURIComponent(icon.href)).toContain('>1</text>'));
    act(() => FakeEventSource.latest.send('agents', { agents: [agentOf('beta')] }));
    await waitFor(() => expect(icon.getAttribute('href')).toBe('/favicon.svg'));
    icon.remove();
  });

  it('groups rows by a label, in the address, what needs a person first', async () => {
    await openFleet();
    await userEvent.click(screen.getByRole('button', { name: /^Group/ }));
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'By env' }));
    expect(window.location.search).toBe('?group=env');
    const names = screen
      .getAllByRole('row')
      .map((row) => row.getAttribute('data-group') ?? row.getAttribute('data-agent'))
      .filter((name) => name !== null);
    expect(names).toEqual(['no env', 'beta', 'alpha', 'prod', 'gamma']);
    const group = screen.getByRole('row', { name: /^no env/ });
    expect(group).toHaveTextContent('2 agents');
    expect(within(group).getByText('down')).toBeInTheDocument();
    expect(group).toHaveTextContent('$3.00');
    await userEvent.click(screen.getByRole('button', { name: /^Agent/ }));
    expect(rowNames()).toEqual(['gamma', 'alpha', 'beta']);
    await userEvent.click(screen.getByRole('button', { name: /^By env/ }));
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'No groups' }));
    expect(rowNames()).toEqual(['alpha', 'beta', 'gamma']);
  });

  it('filters by name and status, in the address', async () => {
    await openFleet();
    await userEvent.type(screen.getByRole('searchbox'), 'prod');
    expect(rowNames()).toEqual(['gamma']);
    expect(window.location.search).toBe('?q=prod');
    expect(screen.getByRole('row', { name: /^1 agents shown/ })).toHaveTextContent('$1.50');
    await userEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
    await userEvent.click(screen.getByRole('button', { name: /^down/ }));
    expect(rowNames()).toEqual(['beta']);
    expect(window.location.search).toBe('?status=down');
    await userEvent.click(screen.getByRole('button', { name: /^down/ }));
    expect(rowNames()).toHaveLength(3);
  });

  it('puts the cursor into the search with /', async () => {
    await openFleet();
    fireEvent.keyDown(document.body, { key: '/' });
    expect(screen.getByRole('searchbox')).toHaveFocus();
    await userEvent.keyboard('/x');
    expect(screen.getByText('No agent matches the filter.')).toBeInTheDocument();
  });

  it('sorts by a column and keeps rows still under the pointer', async () => {
    await openFleet();
    expect(rowNames()).toEqual(['beta', 'alpha', 'gamma']);
    await userEvent.click(screen.getByRole('button', { name: /^Agent/ }));
    expect(rowNames()).toEqual(['alpha', 'beta', 'gamma']);
    await userEvent.click(screen.getByRole('button', { name: /^CPU/ }));
    expect(window.location.search).toBe('?sort=-cpu');
    const body = screen.getByRole('row', { name: /^alpha/ }).closest('tbody') ?? document.body;
    fireEvent.pointerEnter(body);
    const hot = agentOf('gamma', { latest: { ...agentOf('gamma').latest, cpu_usage_percent: 99 } });
    server.agents = [...server.agents.slice(0, 2), hot];
    act(() => FakeEventSource.latest.open());
    act(() => FakeEventSource.latest.send('agents', { agents: [hot] }));
    await waitFor(() => expect(screen.getByRole('row', { name: /^gamma/ })).toHaveTextContent('99.0'));
    expect(rowNames()).toEqual(['alpha', 'beta', 'gamma']);
    fireEvent.pointerLeave(body);
    expect(rowNames()[0]).toBe('gamma');
  });

  it('shows a change of status as soon as the stream brings it', async () => {
    await openFleet();
    server.agents = server.agents.map((agent) => agentOf(agent.name));
    act(() => FakeEventSource.latest.send('agents', { agents: [agentOf('beta')] }));
    expect(await screen.findByText('All 3 up.')).toBeInTheDocument();
    expect(await screen.findByText('Live')).toBeInTheDocument();
  });

  it('says no p95 of a range that is past: it is not how slow the fleet is now', async () => {
    await openFleet();
    const headline = screen.getByRole('heading', { level: 1 });
    await waitFor(() => expect(headline).toHaveTextContent('p95 250'));
    await userEvent.click(screen.getByRole('button', { name: 'Earlier' }));
    await waitFor(() => expect(asked()).toHaveLength(4));
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 })).not.toHaveTextContent('p95'));
  });

  it('fetches only the tail of the histories when records were committed', async () => {
    await openFleet();
    await waitFor(() => expect(asked()).toHaveLength(2));
    const committed = {
      agents: ['id-alpha'],
      start: new Date().toISOString(),
      end: new Date().toISOString(),
      records: 1,
    };
    act(() => FakeEventSource.latest.send('committed', committed));
    await waitFor(() => expect(asked()).toHaveLength(4));
    const start = asked().at(-1)?.get('start') ?? '';
    expect(Date.now() - Date.parse(start)).toBeLessThan(3 * 60_000);
  });

  it('says how stale it is when stream and server are away, and keeps the last values', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await openFleet();
    for (const path of ['/api/v1/agents', '/api/v1/metrics']) server.failures.set(path, 503);
    act(() => FakeEventSource.latest.open());
    act(() => FakeEventSource.latest.fail());
    await act(() => vi.advanceTimersByTimeAsync(12_000));
    expect(screen.getByText(/^Stale for 1\d s$/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'alpha' })).toBeInTheDocument();
  });

  it('says so when the server cannot read its data though the stream is open, until it can again', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await openFleet();
    act(() => FakeEventSource.latest.open());
    expect(await screen.findByText('Live')).toBeInTheDocument();
    for (const path of ['/api/v1/agents', '/api/v1/metrics']) server.failures.set(path, 503);
    await act(() => vi.advanceTimersByTimeAsync(25_000));
    act(() => FakeEventSource.latest.send('ping', {}));
    expect(screen.queryByText('Live')).toBeNull();
    expect(screen.getByText(/^Stale for \d+ s$/)).toBeInTheDocument();
    expect(screen.getByRole('alert')).toHaveTextContent(/The agents cannot be read: Refused with 503/);
    expect(screen.getByRole('link', { name: 'alpha' })).toBeInTheDocument();
    server.failures.clear();
    await act(() => vi.advanceTimersByTimeAsync(16_000));
    expect(await screen.findByText('Live')).toBeInTheDocument();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('reads the histories whole after the tab was hidden: late records may be older than any tail', async () => {
    await openFleet();
    act(() => FakeEventSource.latest.open());
    const wholes = () => asked().filter((params) => params.get('start') === 'now-1h');
    await waitFor(() => expect(wholes()).toHaveLength(2));
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    hidden.mockReturnValue(false);
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    act(() => FakeEventSource.latest.open());
    await waitFor(() => expect(wholes()).toHaveLength(4));
  });

  it('keeps the range when it opens an agent', async () => {
    await openFleet('/?start=now-6h');
    expect(screen.getByRole('link', { name: 'alpha' })).toHaveAttribute('href', '/agents/alpha?start=now-6h');
  });

  it('exports the agents on screen', async () => {
    await openFleet('/?q=gamma', 'gamma');
    await userEvent.click(screen.getByRole('button', { name: /Export/ }));
    const link = await screen.findByRole('menuitem', { name: /CSV/ });
    expect(link).toHaveAttribute('href', '/api/v1/export?agent=gamma&start=now-1h&end=now&format=csv');
    expect(link).toHaveAttribute('download');
    const array = screen.getByRole('menuitem', { name: 'JSON, one array' });
    expect(array).toHaveAttribute('href', '/api/v1/export?agent=gamma&start=now-1h&end=now&format=json');
    expect(array).toHaveAttribute('download', 'sentinel-gamma.json');
  });

  it('exports nothing where the filter leaves nothing, instead of everything', async () => {
    await openFleet();
    await userEvent.type(screen.getByRole('searchbox'), 'nobody');
    expect(screen.getByRole('button', { name: /Export/ })).toBeDisabled();
  });

  it('draws all of fifty agents, those on screen first', async () => {
    server.agents = Array.from({ length: 50 }, (_, i) => agentOf(`agent-${String(i).padStart(2, '0')}`));
    const counts: number[] = [];
    const watch = new MutationObserver(() => counts.push(rowNames().length));
    watch.observe(document.body, { childList: true, subtree: true });
    await openFleet('/', 'agent-00');
    await waitFor(() => expect(rowNames()).toHaveLength(50));
    watch.disconnect();
    expect(counts.find((count) => count > 0)).toBeLessThan(50);
  });

  it('draws the rows near the screen of a large fleet', async () => {
    server.agents = Array.from({ length: 400 }, (_, index) =>
      agentOf(`agent-${String(index).padStart(3, '0')}`),
    );
    renderApp('/');
    await waitFor(() => expect(rowNames()).toContain('agent-000'));
    expect(rowNames().length).toBeLessThan(120);
    vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, -6400, 800, 32));
    fireEvent.scroll(window);
    await waitFor(() => expect(rowNames()).toContain('agent-200'));
    expect(rowNames()).not.toContain('agent-000');
  });
});

describe('fleet page without agents or answers', () => {
  it('shows how to get the first agent, and the agent when it comes', async () => {
    server.agents = [];
    const { client } = renderApp('/');
    expect(await screen.findByText('No agent has reported yet')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Connect an agent' })).toHaveAttribute('href', '/connect');
    act(() => void client.setQueryData(['agents'], listOf([agentOf('first')])));
    expect(await screen.findByRole('link', { name: 'first' })).toBeInTheDocument();
  });

  it('says why the agents cannot be shown and tries again', async () => {
    server.failures.set('/api/v1/agents', 503);
    renderApp('/');
    expect(await screen.findByText('The agents cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'alpha' })).toBeInTheDocument();
  });

  it('says that the histories are missing without hiding the agents', async () => {
    server.failures.set('/api/v1/metrics', 400);
    await openFleet();
    expect(await screen.findByText(/The histories cannot be shown/)).toBeInTheDocument();
  });

  it('says that Sentinel does not answer', async () => {
    server.failures.set('/api/v1/me', 0);
    renderApp('/');
    expect(await screen.findByText('Sentinel does not answer')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'alpha' })).toBeInTheDocument();
  });

  it.each(['/', '/agents/alpha', '/nowhere'])(
    'shows in the top bar of %s that data is made up',
    async (path) => {
      server.me = meOf({ demo: true });
      renderApp(path);
      await screen.findByRole('main');
      expect(within(screen.getByRole('banner')).getByText('Demo data')).toBeInTheDocument();
    },
  );

  it('says nothing of a demo where data is real', async () => {
    await openFleet();
    expect(screen.queryByText('Demo data')).not.toBeInTheDocument();
  });

  it('knows no other page', async () => {
    renderApp('/nowhere');
    expect(await screen.findByText('There is no page here')).toBeInTheDocument();
  });
});
