import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, figuresOf, groupOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [agentOf('alpha'), agentOf('beta')];
});

const rowNames = (): (string | null)[] =>
  [...document.querySelectorAll('[data-cost-row]')].map((row) => row.getAttribute('data-cost-row'));

const asked = (path: string) => server.requests(path).map((request) => request.url.searchParams);

async function openCosts(address = '/costs') {
  const app = renderApp(address);
  await screen.findByRole('figure', { name: /^Cost per/ });
  return app;
}

describe('costs page', () => {
  it('opens from the top bar with its own range, and answers first', async () => {
    renderApp('/');
    // The fleet's own page leads there too, as soon as it stands.
    const bar = within(await screen.findByRole('navigation', { name: 'Pages' }));
    await userEvent.click(bar.getByRole('link', { name: 'Costs' }));
    expect(await screen.findByText('$412 this month, about $1,020 by its end.')).toBeInTheDocument();
    expect(window.location.pathname + window.location.search).toBe('/costs');
    expect(screen.getByText(/^Forecast: what March cost so far/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Fleet' })).toHaveAttribute('href', '/');
  });

  it('asks for one range: bars, table and the time before', async () => {
    await openCosts();
    const [costs] = asked('/api/v1/costs');
    const metrics = asked('/api/v1/metrics').find((params) => params.get('compare') === 'previous');
    expect(costs?.get('start')).toMatch(/T00:00:00.000Z$/);
    expect(metrics?.get('start')).toBe(costs?.get('start'));
    expect([metrics?.get('step'), metrics?.get('top'), metrics?.get('group_by')]).toEqual([
      '86400s',
      '100',
      'agent',
    ]);
  });

  it('ranks agents, and leads to one with the range kept', async () => {
    server.costs = {
      total: figuresOf({ cost_usd: 40 }),
      groups: [
        groupOf({ agent_id: 'id-alpha', agent: 'alpha', cost_usd: 30 }),
        groupOf({ agent_id: 'id-beta', agent: 'beta', cost_usd: 10, cost_per_request_usd: 0.5 }),
      ],
    };
    await openCosts('/costs?start=now-7d');
    expect(rowNames()).toEqual(['alpha', 'beta']);
    expect(screen.getByRole('row', { name: /^alpha/ })).toHaveTextContent('75.0%');
    expect(screen.getByRole('row', { name: /^All 2 agents/ })).toHaveTextContent('$40.00');
    await userEvent.click(screen.getByRole('button', { name: /^Per request/ }));
    expect(rowNames()).toEqual(['beta', 'alpha']);
    expect(window.location.search).toBe('?start=now-7d&sort=-each');
    expect(screen.getByRole('link', { name: 'alpha' }).getAttribute('href')).toMatch(
      /^\/agents\/alpha\?start=\d{4}-/,
    );
  });

  it('groups by model or provider, in the address', async () => {
    await openCosts();
    await userEvent.click(screen.getByRole('button', { name: 'Model' }));
    await waitFor(() => expect(rowNames()).toEqual(['model-one', 'model-two']));
    expect(window.location.search).toBe('?by=model');
    expect(screen.getByRole('row', { name: /^model-one/ })).toHaveTextContent('acme');
    const trend = screen.getByRole('img', { name: 'Cost of model-one over the range' });
    expect(Number(trend.getAttribute('data-points'))).toBeGreaterThan(20);
    await userEvent.click(screen.getByRole('button', { name: 'Agent' }));
    await waitFor(() => expect(rowNames()).toEqual(['alpha', 'beta']));
    expect(window.location.search).toBe('');
  });

  it('counts chosen agents alone, in the address', async () => {
    await openCosts();
    await userEvent.click(screen.getByRole('button', { name: /All agents/ }));
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Find an agent' }), 'bet');
    await userEvent.click(screen.getByRole('checkbox', { name: 'beta' }));
    await waitFor(() => expect(rowNames()).toEqual(['beta']));
    expect(window.location.search).toBe('?agent=beta');
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('this month for beta');
    await userEvent.clear(screen.getByRole('searchbox', { name: 'Find an agent' }));
    await userEvent.click(screen.getByRole('checkbox', { name: 'alpha' }));
    expect(window.location.search).toBe('?agent=beta&agent=alpha');
    await userEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(window.location.search).toBe('');
  });

  it('draws the time before where it is wanted', async () => {
    await openCosts();
    expect(screen.getByRole('figure')).not.toHaveTextContent('the time before');
    await userEvent.click(screen.getByRole('button', { name: 'Compare' }));
    expect(window.location.search).toBe('?compare=previous');
    expect(screen.getByRole('figure')).toHaveTextContent('the time before');
  });

  it('shows one name of the legend alone, in the address', async () => {
    await openCosts();
    const figure = screen.getByRole('figure');
    const beta = within(figure).getByRole('button', { name: /^beta/ });
    await userEvent.click(beta);
    expect(window.location.search).toBe('?only=beta');
    expect(beta).toHaveAttribute('aria-pressed', 'true');
    await userEvent.click(beta);
    expect(window.location.search).toBe('');
  });

  it('lists usage without a price with the commands that give it one', async () => {
    server.costs = {
      unpriced: [
        { provider: 'vllm', model: 'acme-8b', requests: 1234, input_tokens: 5_000_000, output_tokens: 9 },
        { provider: '', model: '', requests: 1, input_tokens: 1, output_tokens: 1 },
      ],
    };
    await openCosts();
    const section = screen.getByRole('region', { name: 'Without a price' });
    expect(within(section).getByRole('row', { name: /^acme-8b/ })).toHaveTextContent('5.00');
    expect(section).toHaveTextContent('name no model');
    expect(within(section).getByRole('region', { name: 'Commands that set prices' })).toHaveTextContent(
      'sentinel prices set --model acme-8b --provider vllm',
    );
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('1,235 requests have no price.');
  });

  it('exports the records of exactly this view, and the table', async () => {
    const saved: Blob[] = [];
    URL.createObjectURL = (blob) => `blob:${saved.push(blob as Blob)}`;
    URL.revokeObjectURL = () => undefined;
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue(undefined);
    await openCosts('/costs?agent=beta');
    await userEvent.click(screen.getByRole('button', { name: /Export/ }));
    const link = await screen.findByRole('menuitem', { name: /^Excel/ });
    const url = new URL(link.getAttribute('href') ?? '', 'http://sentinel.test');
    expect(url.searchParams.getAll('agent')).toEqual(['beta']);
    expect(url.searchParams.getAll('column')).toContain('cost_source');
    expect(url.searchParams.get('start')).toBe(asked('/api/v1/costs')[0]?.get('start'));
    await userEvent.click(screen.getByRole('menuitem', { name: 'CSV, costs by agent' }));
    expect(click).toHaveBeenCalledOnce();
    expect(await saved[0]?.text()).toMatch(/^agent,cost_usd,.*\r\nbeta,10,/);
  });
});

describe('costs page without answers', () => {
  const nothing = { groups: [], total: figuresOf({ cost_usd: null, requests: 0 }) };

  it('shows where costs come from where there are none', async () => {
    const month = {
      start: '2026-03-01',
      cost_usd: 0,
      previous_cost_usd: 0,
      forecast_usd: null,
      forecast_days: 0,
    };
    server.costs = { ...nothing, month };
    renderApp('/costs');
    expect(await screen.findByText('No request has a cost yet')).toBeInTheDocument();
    expect(screen.getByRole('region', { name: /sends a request/ })).toHaveTextContent('input_tokens');
  });

  it('says that only the range is empty where the month is not', async () => {
    server.costs = nothing;
    renderApp('/costs?start=now-5m');
    expect(await screen.findByText('Nothing was spent in this range')).toBeInTheDocument();
  });

  it('says why the costs cannot be shown and tries again', async () => {
    server.failures.set('/api/v1/costs', 503);
    renderApp('/costs');
    expect(await screen.findByText('The costs cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('figure', { name: /^Cost per/ })).toBeInTheDocument();
  });

  it('says so to those who may not see them', async () => {
    server.failures.set('/api/v1/costs', 403);
    renderApp('/costs');
    expect(await screen.findByText('You may not see costs')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  });

  it('says that an agent of the address is not there', async () => {
    renderApp('/costs?agent=nobody');
    expect(await screen.findByText('There is no such agent')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('link', { name: 'Costs of all agents' }));
    expect(await screen.findByRole('figure', { name: /^Cost per/ })).toBeInTheDocument();
  });

  it('keeps old costs on screen during an outage and says that they are old', async () => {
    const { client } = await openCosts();
    server.failures.set('/api/v1/costs', 503);
    await act(() => client.refetchQueries({ queryKey: ['costs'] }));
    expect(await screen.findByText(/The costs cannot be read: Refused with 503/)).toBeInTheDocument();
    expect(rowNames()).toEqual(['alpha', 'beta']);
  });
});
