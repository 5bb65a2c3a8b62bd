import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeEventSource } from '../support/fakeEventSource';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, configurationOf, eventOf, meOf, rejectionOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [agentOf('alpha', { description: 'Answers questions', labels: { env: 'prod' } })];
});

async function openAgent(address = '/agents/alpha') {
  const app = renderApp(address);
  await screen.findByRole('figure', { name: /^Latency/ });
  return app;
}

/** What the charts asked for; the table of models asks by model. */
const metricsAsked = () =>
  server
    .requests('/api/v1/metrics')
    .map((request) => request.url.searchParams)
    .filter((params) => params.get('group_by') === 'agent');

describe('agent page', () => {
  it('shows who it is, whether it is up, and everything it does on one axis', async () => {
    await openAgent();
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('alpha');
    expect(screen.getByText('Answers questions')).toBeInTheDocument();
    expect(screen.getByText('prod')).toBeInTheDocument();
    const names = screen.getAllByRole('figure').map((figure) => figure.getAttribute('data-metric'));
    expect(names).toEqual([
      'latency_ms',
      'throughput_req_per_min',
      'errors',
      'cost_usd',
      'tokens',
      'cpu_usage_percent',
      'gpu_usage_percent',
      'memory_usage_mb',
      'gpu_memory_usage_mb',
    ]);
    expect(screen.getByRole('figure', { name: /^GPU: not measured/ })).toBeInTheDocument();
  });

  it('asks for all metrics of the one agent in steps no finer than its interval', async () => {
    await openAgent('/agents/alpha?start=now-15m');
    const [params] = metricsAsked();
    expect(params?.getAll('agent')).toEqual(['alpha']);
    expect(params?.get('step')).toBe('5s');
    expect(params?.getAll('metric')).toContain('latency_ms:p99');
  });

  it('changes on screen when a record is committed, without a reload', async () => {
    await openAgent();
    expect(screen.getByRole('figure', { name: /^CPU: 250%/ })).toBeInTheDocument();
    server.value = 77;
    const committed = {
      agents: ['id-alpha'],
      start: new Date().toISOString(),
      end: new Date().toISOString(),
      records: 1,
    };
    act(() => FakeEventSource.latest.send('committed', committed));
    expect(await screen.findByRole('figure', { name: /^CPU: 77.0%/ })).toBeInTheDocument();
    expect(metricsAsked()).toHaveLength(2);
  });

  it('does not ask when another agent has new records', async () => {
    await openAgent();
    const committed = {
      agents: ['id-other'],
      start: new Date().toISOString(),
      end: new Date().toISOString(),
      records: 1,
    };
    act(() => FakeEventSource.latest.send('committed', committed));
    act(() => FakeEventSource.latest.send('agents', { agents: [agentOf('alpha', { status: 'late' })] }));
    expect(await screen.findByText('late')).toBeInTheDocument();
    expect(metricsAsked()).toHaveLength(1);
  });

  it('lists the models that it used', async () => {
    await openAgent();
    const models = await screen.findByRole('region', { name: 'Models' });
    const row = await within(models).findByRole('row', { name: /^model-one/ });
    expect(row).toHaveTextContent('50.0%');
    const asked = server.requests('/api/v1/metrics').find((request) => request.url.search.includes('=model'));
    expect(asked?.url.searchParams.getAll('agent')).toEqual(['alpha']);
  });

  it('says why the models cannot be shown, and that there are none', async () => {
    server.failures.set('/api/v1/metrics', 400);
    renderApp('/agents/alpha');
    expect(await screen.findByText(/The models cannot be shown: Refused with 400/)).toBeInTheDocument();
  });

  it('lists who works for it, and whom it works for', async () => {
    const parent = { agent_id: 'id-alpha', name: 'alpha' };
    server.agents = [agentOf('alpha'), agentOf('helper', { parent, status: 'late' }), agentOf('other')];
    await openAgent();
    const sub = within(await screen.findByRole('region', { name: 'Sub-agents' }));
    expect(sub.getAllByRole('row')).toHaveLength(2);
    expect(sub.getByRole('row', { name: /^helper/ })).toHaveTextContent('late');
    await userEvent.click(sub.getByRole('link', { name: 'helper' }));
    expect(await screen.findByRole('link', { name: 'alpha' })).toHaveAttribute('href', '/agents/alpha');
    expect(screen.queryByRole('region', { name: 'Sub-agents' })).toBeNull();
  });

  it('draws custom metrics on the same axis, asked for apart', async () => {
    server.customMetrics = ['queue depth', 'retries'];
    await openAgent();
    expect(await screen.findByRole('figure', { name: /^queue depth: 250/ })).toBeInTheDocument();
    expect(screen.getByRole('figure', { name: /^retries/ })).toBeInTheDocument();
    expect(metricsAsked().map((params) => params.getAll('metric'))).toContainEqual([
      'custom.queue depth:avg',
      'custom.retries:avg',
    ]);
  });

  it('draws the first of many custom metrics, and all once they are wanted', async () => {
    server.customMetrics = Array.from({ length: 8 }, (_, index) => `m${index}`);
    await openAgent('/agents/alpha?start=now-7d');
    expect(await screen.findByText(/2 more custom metrics\./)).toBeInTheDocument();
    expect(await screen.findByRole('figure', { name: /^m0/ })).toBeInTheDocument();
    expect(screen.queryByRole('figure', { name: /^m7/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Show them' }));
    expect(await screen.findByRole('figure', { name: /^m7/ })).toBeInTheDocument();
    expect(window.location.search).toContain('custom=all');
    expect(screen.queryByText(/custom metrics\./)).toBeNull();
  });

  it('says why custom metrics cannot be shown', async () => {
    server.failures.set('/api/v1/agents/alpha/custom-metrics', 400);
    await openAgent();
    expect(
      await screen.findByText(/The custom metrics cannot be shown: Refused with 400/),
    ).toBeInTheDocument();
  });

  it('shows one name of a legend alone, in the address', async () => {
    await openAgent();
    const tokens = within(screen.getByRole('figure', { name: /^Tokens/ }));
    const output = tokens.getByRole('button', { name: /^output/ });
    await userEvent.click(output);
    expect(window.location.search).toBe('?only=tokens:output');
    expect(output).toHaveAttribute('aria-pressed', 'true');
    expect(tokens.getByRole('button', { name: /^input/ })).toHaveAttribute('data-muted');
    const latency = within(screen.getByRole('figure', { name: /^Latency/ }));
    expect(latency.getByRole('button', { name: /^p95/ })).toHaveAttribute('aria-pressed', 'false');
    expect(latency.queryByRole('button', { name: /^avg/ })).toBeNull();
    await userEvent.click(output);
    expect(window.location.search).toBe('');
  });

  it('says that a part of what it sends is refused', async () => {
    server.rejections = [rejectionOf(), rejectionOf({ count: 3, reason: 'older' })];
    await openAgent();
    expect(
      await screen.findByText(/^15 refused in the last day, the newest because cpu/),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'See what was refused' })).toHaveAttribute(
      'href',
      '/health?agent=alpha',
    );
    expect(server.requests('/api/v1/rejections')[0]?.url.searchParams.get('agent')).toBe('alpha');
  });

  it('is described by editors, not by viewers', async () => {
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Describe' }));
    expect(await screen.findByRole('dialog', { name: 'Describe alpha' })).toBeInTheDocument();
  });

  it('says why no picture was saved, where one looks for it', async () => {
    await openAgent();
    HTMLCanvasElement.prototype.getContext = () => null;
    await userEvent.click(screen.getByRole('button', { name: /^Export/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'PNG, a picture' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'No picture was saved: this browser draws no pictures.',
    );
  });

  it('draws the time before where it is wanted, in the address', async () => {
    await openAgent();
    expect(screen.queryByText('p95 before')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Compare' }));
    expect(window.location.search).toBe('?compare=previous');
    expect(await screen.findByText('p95 before')).toBeInTheDocument();
    const [first, before] = metricsAsked();
    expect(before?.getAll('metric')).toEqual(first?.getAll('metric'));
    expect(Date.parse(before?.get('end') ?? '')).toBeLessThan(Date.now() - 3_000_000);
    await userEvent.click(screen.getByRole('button', { name: 'Compare' }));
    expect(window.location.search).toBe('');
    expect(screen.queryByText('p95 before')).toBeNull();
  });

  it('draws the thresholds of its configuration', async () => {
    server.configuration = configurationOf({ thresholds: { latency_ms: { warn: 300, critical: 400 } } });
    await openAgent();
    await waitFor(() => expect(document.querySelectorAll('[data-threshold]')).toHaveLength(2));
  });

  it('zooms by dragging, and the back button undoes it', async () => {
    await openAgent();
    const layer = screen.getByRole('slider');
    fireEvent.pointerDown(layer, { clientX: 200, button: 0 });
    fireEvent.pointerUp(layer, { clientX: 400 });
    await waitFor(() => expect(window.location.search).toMatch(/^\?start=\d{4}-.*&end=\d{4}-/));
    expect(await screen.findByRole('button', { name: 'Go live' })).toBeInTheDocument();
    act(() => window.history.back());
    await waitFor(() => expect(window.location.search).toBe(''));
  });

  it('goes back in time, out and to live again', async () => {
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Zoom out' }));
    expect(window.location.search).toBe('?start=now-2h');
    await userEvent.click(screen.getByRole('button', { name: 'Earlier' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Go live' }));
    expect(window.location.search).toBe('');
    await userEvent.click(screen.getByRole('button', { name: '15m' }));
    expect(window.location.search).toBe('?start=now-15m');
    fireEvent.doubleClick(screen.getByRole('slider'));
    expect(window.location.search).toBe('?start=now-30m');
  });

  it('lists what happened, and says so where nothing did', async () => {
    const at = new Date(Date.now() - 60_000).toISOString();
    server.events = [eventOf('deployed', at, { message: 'v2.1', attributes: { commit: '9f2c' } })];
    await openAgent();
    const events = screen.getByRole('region', { name: 'Events' });
    expect(await within(events).findByText(/v2.1/)).toBeInTheDocument();
    expect(events).toHaveTextContent('commit=9f2c');
    expect(screen.getByRole('button', { name: /Deployed/ })).toBeInTheDocument();
  });

  it('says why events or charts cannot be shown', async () => {
    server.failures.set('/api/v1/agents/alpha/events', 400);
    server.failures.set('/api/v1/metrics', 400);
    renderApp('/agents/alpha');
    expect(await screen.findByText('The charts cannot be shown')).toBeInTheDocument();
    expect(await screen.findByText(/The events cannot be shown: Refused with 400/)).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('figure', { name: /^Latency/ })).toBeInTheDocument();
  });

  it('says that nothing happened', async () => {
    await openAgent();
    expect(await screen.findByText('Nothing happened in this range.')).toBeInTheDocument();
  });

  it('opens an agent with a percent sign in its name, and keeps its address when the range changes', async () => {
    server.agents = [agentOf('canary 50%')];
    await openAgent('/agents/canary%2050%25');
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('canary 50%');
    expect(screen.getByText('canary 50%', { selector: 'nav *' })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: '15m' }));
    expect(window.location.pathname).toBe('/agents/canary%2050%25');
    expect(await screen.findByRole('figure', { name: /^Latency/ })).toBeInTheDocument();
  });

  it('goes from one agent to another', async () => {
    server.agents = [agentOf('alpha'), agentOf('beta')];
    await openAgent();
    act(() => window.history.pushState(null, '', '/agents/beta'));
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('beta'));
    expect(screen.getByText('beta', { selector: 'nav *' })).toBeInTheDocument();
  });

  it('keeps the agent on screen during an outage and says that it is old', async () => {
    const { client } = await openAgent();
    server.failures.set('/api/v1/agents/alpha', 503);
    await act(() => client.refetchQueries({ queryKey: ['agents', 'alpha'] }));
    expect(await screen.findByText(/The agent cannot be read: Refused with 503/)).toBeInTheDocument();
    expect(screen.getByRole('figure', { name: /^Latency/ })).toBeInTheDocument();
  });

  it('asks for the usual range where that of the address cannot be read', async () => {
    await openAgent('/agents/alpha?start=soon');
    expect(metricsAsked()[0]?.get('start')).toBe('now-1h');
  });

  it('tells an unknown agent from a server that is away', async () => {
    renderApp('/agents/nobody');
    expect(await screen.findByText('There is no agent named nobody')).toBeInTheDocument();
  });

  it('offers to try again when the agent cannot be read', async () => {
    server.failures.set('/api/v1/agents/alpha', 500);
    server.failures.set('/api/v1/agents', 500);
    renderApp('/agents/alpha');
    expect(await screen.findByText('The agent cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('figure', { name: /^Latency/ })).toBeInTheDocument();
  });
});

describe('configuration', () => {
  it('writes a new version with what was changed', async () => {
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Configure' }));
    const interval = await screen.findByLabelText('Interval between samples');
    await userEvent.clear(interval);
    await userEvent.type(interval, '2');
    await userEvent.click(screen.getByLabelText('Collect this agent'));
    await userEvent.type(screen.getByLabelText('CPU warn'), '80');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(server.requests('/api/v1/configuration', 'POST')[0]?.body).toEqual({
      agent: 'alpha',
      enabled: false,
      interval_s: 2,
      retention_days: 90,
      thresholds: {
        latency_ms: { warn: 1000, critical: 2000 },
        cpu_usage_percent: { warn: 80, critical: null },
      },
    });
  });

  it('says what is wrong and sends nothing', async () => {
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Configure' }));
    await userEvent.clear(await screen.findByLabelText('Interval between samples'));
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('between 0.2 and 3600');
    expect(server.requests('/api/v1/configuration', 'POST')).toEqual([]);
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('shows what is in force now, not what it was when the page was opened', async () => {
    await openAgent();
    await waitFor(() => expect(server.requests('/api/v1/configuration')).toHaveLength(1));
    server.configuration = configurationOf({ version: 4, interval_s: 9 });
    await userEvent.click(screen.getByRole('button', { name: 'Configure' }));
    expect(await screen.findByLabelText('Interval between samples')).toHaveValue('9');
    expect(screen.getByText(/version 4/)).toBeInTheDocument();
  });

  it('begins anew when a colleague changes it meanwhile, and keeps what is typed when nobody does', async () => {
    const { client } = await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Configure' }));
    await userEvent.type(await screen.findByLabelText('CPU warn'), '80');
    await act(() => client.refetchQueries({ queryKey: ['configuration'] }));
    server.failures.set('/api/v1/configuration', 503);
    await act(() => client.refetchQueries({ queryKey: ['configuration'] }));
    server.failures.clear();
    expect(screen.getByLabelText('CPU warn')).toHaveValue('80');
    server.configuration = configurationOf({ version: 4, interval_s: 9, created_by: 'grace' });
    await act(() => client.refetchQueries({ queryKey: ['configuration'] }));
    await waitFor(() => expect(screen.getByLabelText('CPU warn')).toHaveValue(''));
    expect(screen.getByLabelText('Interval between samples')).toHaveValue('9');
    expect(screen.getByRole('status')).toHaveTextContent('grace changed it meanwhile');
  });

  it('is read-only for a viewer', async () => {
    server.me = meOf({ role: 'viewer' });
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Configure' }));
    expect(await screen.findByLabelText('Interval between samples')).toBeDisabled();
    expect(screen.getByText(/Editors and admins can change it/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
  });

  it('says why it cannot be read', async () => {
    server.failures.set('/api/v1/configuration', 400);
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Configure' }));
    expect(await within(await screen.findByRole('dialog')).findByRole('alert')).toHaveTextContent(
      'Refused with 400',
    );
  });
});
