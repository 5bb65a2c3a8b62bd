import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { axeFindings } from '../support/axe';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, changeOf, recordOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = ['alpha', 'beta'].map((name) => agentOf(name, { labels: { team: name } }));
});

const figure = (name: RegExp): Promise<HTMLElement> => screen.findByRole('figure', { name });
const params = (): URLSearchParams => new URLSearchParams(window.location.search);
const asked = () => server.requests('/api/v1/metrics').map(({ url }) => url.searchParams);
const newest = (): URLSearchParams => asked().at(-1) ?? new URLSearchParams();
const button = (name: string | RegExp): HTMLElement => screen.getByRole('button', { name });

async function openExplore(address = '/explore') {
  const app = renderApp(address);
  await figure(/^Latency p95/);
  return app;
}

describe('explore', () => {
  it('opens from the top bar with latency and cost by agent', async () => {
    renderApp('/?start=now-6h');
    await userEvent.click(await screen.findByRole('link', { name: 'Explore' }));
    expect(await figure(/^Latency p95: alpha .*, beta /)).toBeInTheDocument();
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Latency, Cost by agent');
    expect(document.title).toMatch(/^Latency, Cost by agent/);
    expect(window.location.search).toBe('?start=now-6h');
    expect(newest().getAll('metric')).toEqual(['latency_ms:p95', 'cost_usd:sum']);
    expect([newest().get('group_by'), newest().get('top'), newest().get('step')]).toEqual([
      'agent',
      '5',
      '120s',
    ]);
    expect(await axeFindings()).toEqual([]);
  });

  it('is found by the palette', async () => {
    renderApp('/');
    await userEvent.click(await screen.findByRole('button', { name: /Go to/ }));
    await userEvent.type(await screen.findByRole('combobox'), 'expl{Enter}');
    expect(await figure(/^Latency p95/)).toBeInTheDocument();
  });

  it('adds, changes and removes metrics, in the address', async () => {
    await openExplore();
    await userEvent.click(button(/Add a metric/));
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Find a metric' }), 'cpu');
    await userEvent.click(button('CPU'));
    expect(await figure(/^CPU, average/)).toBeInTheDocument();
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'How values of Latency become one' }),
      'p50',
    );
    expect(await figure(/^Latency p50/)).toBeInTheDocument();
    await userEvent.click(button('Remove Cost'));
    await waitFor(() => expect(screen.queryByRole('figure', { name: /^Cost/ })).toBeNull());
    expect(params().getAll('metric')).toEqual(['latency_ms:p50', 'cpu_usage_percent:avg']);
    await userEvent.click(button('Remove CPU, average'));
    await waitFor(() => expect(screen.queryByRole('button', { name: /^Remove/ })).toBeNull());
  });

  it('finds no metric of a name that none has', async () => {
    await openExplore();
    await userEvent.click(button(/Add a metric/));
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Find a metric' }), 'moon');
    expect(screen.getByText('No metric of that name.')).toBeInTheDocument();
    expect(screen.getByText('Choose one agent to see its custom metrics too.')).toBeInTheDocument();
  });

  it('offers the custom metrics of one chosen agent', async () => {
    server.customMetrics = ['queue_depth'];
    await openExplore();
    await userEvent.click(button(/All agents/));
    await userEvent.click(await screen.findByRole('checkbox', { name: 'beta' }));
    await userEvent.keyboard('{Escape}');
    await userEvent.click(button(/Add a metric/));
    await userEvent.click(await screen.findByRole('button', { name: 'queue_depth' }));
    expect(await figure(/^queue_depth, average/)).toBeInTheDocument();
    expect(params().get('agent')).toBe('beta');
    expect(newest().getAll('metric')).toContain('custom.queue_depth:avg');
    expect(server.requests('/api/v1/agents/beta/custom-metrics')).toHaveLength(1);
  });

  it('says why custom metrics cannot be listed', async () => {
    server.failures.set('/api/v1/agents/beta/custom-metrics', 403);
    await openExplore('/explore?agent=beta');
    await userEvent.click(button(/Add a metric/));
    expect(await screen.findByRole('alert')).toHaveTextContent('cannot be listed: Refused with 403.');
  });

  it('tells apart by model or by a label, in the address', async () => {
    await openExplore();
    await userEvent.click(button(/^Groups/));
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'By model' }));
    expect(await figure(/^Latency p95: model-one/)).toBeInTheDocument();
    expect(params().get('by')).toBe('model');
    await userEvent.click(button(/^Groups: By model/));
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'By team' }));
    expect(await figure(/^Latency p95: label:team-one/)).toBeInTheDocument();
    expect(newest().get('group_by')).toBe('label:team');
    await userEvent.click(button(/^Groups: By team/));
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'By agent' }));
    expect(window.location.search).toBe('');
  });

  it('shows a label of the address that no agent has', async () => {
    await openExplore('/explore?by=label:gone');
    expect(button('Groups: By gone')).toBeInTheDocument();
  });

  it('compares with the time before, in the charts and in the table', async () => {
    await openExplore('/explore?by=none');
    expect(screen.getByRole('figure', { name: /^Latency/ })).not.toHaveTextContent('the time before');
    await userEvent.click(button('Compare'));
    await waitFor(() =>
      expect(screen.getByRole('figure', { name: /^Latency/ })).toHaveTextContent('the time before'),
    );
    expect(newest().get('compare')).toBe('previous');
    expect(screen.getByRole('row', { name: /^All/ })).toHaveTextContent('250 ms+100%');
    expect(screen.getByRole('region', { name: 'Over the range' })).toHaveTextContent(
      'against the 1 h before',
    );
  });

  it('names a few lines at their ends, and many in a legend that isolates', async () => {
    await openExplore();
    const latency = (): HTMLElement => screen.getByRole('figure', { name: /^Latency/ });
    expect(within(latency()).getByTitle('alpha')).toHaveTextContent('alpha250');
    expect(within(latency()).queryByRole('button')).toBeNull();
    server.agents = ['a', 'b', 'c', 'd', 'e'].map((name) => agentOf(name));
    await userEvent.click(button('Compare'));
    const entry = await within(latency()).findByRole('button', { name: /^c/ });
    await userEvent.click(entry);
    expect(params().get('only')).toBe('c');
    expect(within(latency()).getByRole('button', { name: /^c/ })).toHaveAttribute('aria-pressed', 'true');
    await userEvent.click(within(latency()).getByRole('button', { name: /^c/ }));
    expect(params().get('only')).toBeNull();
  });

  it('leads from a row to its agent, with the range kept', async () => {
    await openExplore('/explore?start=now-6h');
    expect(screen.getByRole('link', { name: 'beta' })).toHaveAttribute('href', '/agents/beta?start=now-6h');
  });

  it('zooms by a drag, and looks into a part of all agents by Shift', async () => {
    server.changes = [changeOf({ agent: 'beta' })];
    server.records = [recordOf(Date.now() - 1_700_000, { agent: 'beta' })];
    await openExplore();
    const layer = screen.getByRole('slider');
    fireEvent.pointerDown(layer, { clientX: 100, button: 0, shiftKey: true });
    fireEvent.pointerUp(layer, { clientX: 600 });
    expect(await screen.findByRole('row', { name: /^Latency p95 beta/ })).toBeInTheDocument();
    expect(server.requests('/api/v1/changes')[0]?.url.searchParams.getAll('agent')).toEqual([]);
    const group = screen.getByRole('group', { name: 'Look at' });
    await userEvent.click(within(group).getByRole('button', { name: 'Requests' }));
    const table = await screen.findByRole('table', { name: 'Requests of the window' });
    expect(within(table).getByRole('columnheader', { name: 'Agent' })).toBeInTheDocument();
    fireEvent.pointerDown(layer, { clientX: 100, button: 0 });
    fireEvent.pointerUp(layer, { clientX: 200 });
    expect(params().get('start')).toMatch(/^\d{4}-/);
  });

  it('is shared by a link and saved under a name', async () => {
    await openExplore('/explore?by=model');
    await userEvent.click(button(/^Share, save/));
    expect(await screen.findByRole('region', { name: 'Link to this view' })).toHaveTextContent(
      'http://sentinel.test/explore?by=model',
    );
    await userEvent.type(screen.getByLabelText('Save this page and range as'), 'models{Enter}');
    expect(await screen.findByText('Saved.')).toBeInTheDocument();
    expect(server.views).toEqual([{ name: 'models', path: '/explore', query: 'by=model' }]);
  });

  it('says of a link to a fixed time that it is fixed', async () => {
    await openExplore('/explore?start=2026-03-10T11:00:00Z&end=2026-03-10T12:00:00Z');
    await userEvent.click(button(/^Share, save/));
    expect(await screen.findByText('Who opens the link sees the same time.')).toBeInTheDocument();
  });

  it('exports exactly this view: the values, and the records behind them', async () => {
    const saved: Blob[] = [];
    URL.createObjectURL = (blob) => `blob:${saved.push(blob as Blob)}`;
    URL.revokeObjectURL = () => undefined;
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue(undefined);
    await openExplore('/explore?agent=beta');
    await userEvent.click(button(/^Export/));
    const link = await screen.findByRole('menuitem', { name: /^Excel/ });
    const url = new URL(link.getAttribute('href') ?? '', 'http://sentinel.test');
    expect(url.searchParams.getAll('agent')).toEqual(['beta']);
    expect(url.searchParams.getAll('column')).toEqual(expect.arrayContaining(['latency_ms', 'cost_usd']));
    expect(screen.getByRole('menuitem', { name: /^A long one/ }).getAttribute('href')).toMatch(
      /^\/export\?agent=beta&column=timestamp/,
    );
    await userEvent.click(screen.getByRole('menuitem', { name: /^CSV, a line/ }));
    expect(await saved[0]?.text()).toMatch(/^start,agent,latency_ms:p95,cost_usd:sum\r\n.*,beta,250,250\r\n/);
    await userEvent.click(button(/^Export/));
    await userEvent.click(await screen.findByRole('menuitem', { name: /^JSON, the same/ }));
    const lines = JSON.parse((await saved[1]?.text()) ?? '') as unknown[];
    expect(lines[0]).toMatchObject({ agent: 'beta', 'latency_ms:p95': 250, 'cost_usd:sum': 250 });
  });
});

describe('explore without answers', () => {
  it('leads to the first agent where there is none', async () => {
    server.agents = [];
    renderApp('/explore');
    expect(await screen.findByText('No agent has reported yet')).toBeInTheDocument();
  });

  it.each([
    [403, 'You may not see metrics'],
    [404, 'There is no such agent'],
    [400, 'The metrics cannot be shown'],
  ])('says of %s what it means', async (status, words) => {
    server.failures.set('/api/v1/metrics', status);
    renderApp('/explore?agent=gone');
    expect(await screen.findByText(words)).toBeInTheDocument();
    expect(await axeFindings()).toEqual([]);
  });

  it('tries again', async () => {
    server.failures.set('/api/v1/metrics', 503);
    renderApp('/explore');
    expect(await screen.findByText('The metrics cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(button('Try again'));
    expect(await figure(/^Latency p95/)).toBeInTheDocument();
  });

  it('keeps old charts during an outage and says that they are old', async () => {
    const { client } = await openExplore();
    server.failures.set('/api/v1/metrics', 503);
    await act(() => client.refetchQueries({ queryKey: ['explore'] }));
    expect(await screen.findByText(/The charts cannot be read: Refused with 503/)).toBeInTheDocument();
    expect(screen.getByRole('figure', { name: /^Latency p95/ })).toBeInTheDocument();
  });
});
