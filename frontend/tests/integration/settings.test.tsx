import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseFirstRange } from '../../src/state/firstRange';
import { chooseTheme } from '../../src/state/theme';
import { chooseZone } from '../../src/state/zone';
import { axeFindings } from '../support/axe';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, keyOf, meOf, priceOf, rejectionOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [agentOf('alpha')];
});

afterEach(() => {
  act(() => {
    chooseTheme('system');
    chooseZone('local');
    chooseFirstRange(null);
  });
});

async function openSettings(part: string) {
  const app = renderApp(`/settings?part=${part}`);
  await screen.findByRole('heading', { name: 'Settings' });
  return app;
}

describe('keys', () => {
  it('are listed with who made them and whether they hold', async () => {
    server.keys = [
      keyOf('one', { agents: ['alpha', 'beta'] }),
      keyOf('two', { state: 'revoked', revoked_at: '2026-03-02T10:00:00Z', revoked_by: 'ada' }),
      keyOf('three', { state: 'expired', scope: 'read', expires_at: '2026-03-03T10:00:00Z' }),
    ];
    await openSettings('keys');
    expect(await screen.findByRole('row', { name: /^one/ })).toHaveTextContent(
      /alpha, beta.*by grace.*never/,
    );
    expect(screen.getByRole('row', { name: /^two/ })).toHaveTextContent(/revoked .* by ada/);
    expect(screen.getByRole('row', { name: /^three/ })).toHaveTextContent('expired');
    expect(screen.getAllByRole('button', { name: /^Revoke/ })).toHaveLength(1);
    expect(await axeFindings()).toEqual([]);
  });

  it('are made and shown once', async () => {
    await openSettings('keys');
    expect(await screen.findByText('There is no key yet')).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText('Name of a new key'), 'report');
    await userEvent.click(screen.getByRole('button', { name: 'Reads' }));
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(await screen.findByRole('region', { name: 'The key' })).toHaveTextContent('sk_of_report');
    expect(server.requests('/api/v1/keys', 'POST')[0]?.body).toEqual({ name: 'report', scope: 'read' });
    expect(screen.queryByLabelText('Records a second (0: any)')).toBeNull();
    expect(await screen.findByRole('row', { name: /^report/ })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Prices' }));
    await userEvent.click(screen.getByRole('button', { name: 'Keys' }));
    expect(await screen.findByRole('row', { name: /^report/ })).toBeInTheDocument();
    expect(screen.queryByText(/sk_of_report/)).toBeNull();
  });

  it('are made for some agents, at a rate, until a day', async () => {
    await openSettings('keys');
    await userEvent.type(await screen.findByLabelText('Name of a new key'), 'writer');
    await userEvent.click(screen.getByRole('button', { name: 'All agents' }));
    await userEvent.click(await screen.findByRole('checkbox', { name: 'alpha' }));
    await userEvent.type(screen.getByLabelText('Find an agent'), 'not yet');
    await userEvent.click(screen.getByRole('button', { name: /^Add “not yet”/ }));
    await userEvent.keyboard('{Escape}');
    await userEvent.type(screen.getByLabelText('Records a second (0: any)'), '1.5');
    fireEvent.change(screen.getByLabelText(/^Last day/), { target: { value: '2099-12-31' } });
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(screen.getByRole('alert')).toHaveTextContent('A rate is a whole number');
    await userEvent.clear(screen.getByLabelText('Records a second (0: any)'));
    await userEvent.type(screen.getByLabelText('Records a second (0: any)'), '100');
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(await screen.findByRole('region', { name: 'The key' })).toBeInTheDocument();
    expect(server.requests('/api/v1/keys', 'POST')[0]?.body).toEqual({
      name: 'writer',
      scope: 'ingest',
      agents: ['alpha', 'not yet'],
      records_per_second: 100,
      expires_at: new Date(new Date('2099-12-31T00:00').getTime() + 86_400_000).toISOString(),
    });
  });

  it('are revoked after a second click', async () => {
    server.keys = [keyOf('one')];
    await openSettings('keys');
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke one' }));
    await userEvent.click(screen.getByRole('button', { name: 'Keep it' }));
    expect(screen.getByRole('button', { name: 'Revoke one' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(screen.getByRole('button', { name: 'Yes, revoke' })).toHaveFocus();
    await userEvent.keyboard('{Escape}');
    expect(server.requests('/api/v1/keys/key-one/revoke', 'POST')).toHaveLength(0);
    await userEvent.click(screen.getByRole('button', { name: 'Revoke one' }));
    await userEvent.click(screen.getByRole('button', { name: 'Yes, revoke' }));
    await waitFor(() =>
      expect(screen.getByRole('row', { name: /^one/ })).toHaveTextContent(/revoked .* by ada/),
    );
  });

  it('say why they cannot be shown, or that one may not see them', async () => {
    server.failures.set('/api/v1/keys', 400);
    await openSettings('keys');
    expect(await screen.findByText('The keys cannot be shown')).toBeInTheDocument();
    server.failures.set('/api/v1/keys', 403);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Keys are for admins')).toBeInTheDocument();
  });
});

describe('prices', () => {
  beforeEach(() => {
    server.prices = [priceOf('acme-8b'), priceOf('big-one')];
  });

  it('are listed and found by a part of the name', async () => {
    await openSettings('prices');
    expect(await screen.findByRole('row', { name: /^acme-8b/ })).toHaveTextContent('$2$8$0.5––ever since');
    await userEvent.type(screen.getByLabelText('Find a model'), 'big');
    await waitFor(() => expect(screen.queryByRole('row', { name: /^acme-8b/ })).toBeNull());
    await userEvent.click(screen.getByRole('button', { name: 'Set here only' }));
    expect(await screen.findByText('No price was set here')).toBeInTheDocument();
    expect(await axeFindings()).toEqual([]);
  });

  it('are set for a model that the costs page names, and withdrawn', async () => {
    server.costs = {
      unpriced: [{ provider: 'vllm', model: 'acme 9', requests: 3, input_tokens: 5, output_tokens: 9 }],
    };
    renderApp('/costs');
    await userEvent.click(await screen.findByRole('link', { name: 'Set a price' }));
    const form = within(await screen.findByRole('form', { name: 'Set a price' }));
    expect(form.getByLabelText('Model')).toHaveValue('acme 9');
    expect(form.getByLabelText('Provider')).toHaveValue('vllm');
    await userEvent.click(form.getByRole('button', { name: 'Set price' }));
    expect(form.getByRole('alert')).toHaveTextContent('Write a price of input or of output.');
    await userEvent.type(form.getByLabelText('Input'), '0,5');
    await userEvent.click(form.getByRole('button', { name: 'Set price' }));
    expect(form.getByRole('alert')).toHaveTextContent('such as 2 or 0.15');
    await userEvent.clear(form.getByLabelText('Input'));
    await userEvent.type(form.getByLabelText('Input'), '0.5');
    await userEvent.type(form.getByLabelText('Cache write'), '0.6');
    await userEvent.type(form.getByLabelText('Reasoning'), '2');
    fireEvent.change(form.getByLabelText(/^From/), { target: { value: '2026-01-31' } });
    await userEvent.click(form.getByRole('button', { name: 'Set price' }));
    expect(await form.findByText(/charged at it from now on/)).toBeInTheDocument();
    expect(server.requests('/api/v1/prices', 'POST')[0]?.body).toEqual({
      model: 'acme 9',
      provider: 'vllm',
      from: new Date('2026-01-31T00:00').toISOString(),
      input: '0.5',
      output: null,
      cache_read: null,
      cache_write: '0.6',
      cache_write_1h: null,
      reasoning: '2',
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Withdraw the price of acme 9' }));
    expect(server.requests('/api/v1/prices/withdraw', 'POST')).toHaveLength(0);
    server.failures.set('/api/v1/prices/withdraw', 503);
    await userEvent.click(screen.getByRole('button', { name: 'Yes, withdraw' }));
    expect(await screen.findByText('Refused with 503.')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Yes, withdraw' }));
    await waitFor(() => expect(screen.queryByRole('row', { name: /^acme 9/ })).toBeNull());
    expect(server.requests('/api/v1/prices/withdraw', 'POST')[1]?.body).toEqual({
      provider: 'vllm',
      match: { equals: 'acme 9' },
    });
  });

  it('are read by viewers, who set none', async () => {
    server.me = meOf({ role: 'viewer' });
    server.prices = [priceOf('own', { source: 'user' })];
    await openSettings('prices');
    expect(await screen.findByRole('row', { name: /^own/ })).toBeInTheDocument();
    expect(screen.getByText('Editors and admins set prices.')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /^Withdraw/ })).toBeNull();
  });

  it('say why they cannot be shown and try again', async () => {
    server.failures.set('/api/v1/prices', 400);
    await openSettings('prices');
    expect(await screen.findByText('The prices cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('row', { name: /^acme-8b/ })).toBeInTheDocument();
  });
});

describe('agents', () => {
  beforeEach(() => {
    server.agents = [agentOf('alpha', { labels: { team: 'search' } }), agentOf('beta')];
  });

  it('are listed with their labels and what was refused of them', async () => {
    server.rejections = [
      rejectionOf(),
      rejectionOf({ count: 3, reason: 'other' }),
      rejectionOf({ agent: 'gamma', agent_id: null }),
    ];
    await openSettings('agents');
    expect(await screen.findByRole('row', { name: /^alpha/ })).toHaveTextContent('team: search');
    expect(await screen.findByRole('link', { name: /^15 records of alpha/ })).toHaveAttribute(
      'href',
      '/health?agent=alpha',
    );
    expect(screen.getByRole('row', { name: /^beta/ })).toHaveTextContent('0');
    expect(screen.getByText(/never registered: gamma/)).toBeInTheDocument();
    expect(await axeFindings()).toEqual([]);
    await userEvent.type(screen.getByLabelText('Find an agent'), 'search');
    expect(screen.queryByRole('row', { name: /^beta/ })).toBeNull();
    await userEvent.type(screen.getByLabelText('Find an agent'), 'x');
    expect(screen.getByText('No agent of that name or label.')).toBeInTheDocument();
  });

  it('are described and labelled; only what changed is sent', async () => {
    await openSettings('agents');
    await userEvent.click(await screen.findByRole('button', { name: 'Describe alpha' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Describe alpha' }));
    await userEvent.type(dialog.getByLabelText('What it is for'), 'Finds things');
    await userEvent.click(dialog.getByRole('button', { name: 'Remove label team' }));
    expect(dialog.getByText('No label yet.')).toBeInTheDocument();
    await userEvent.click(dialog.getByRole('button', { name: 'Add a label' }));
    await userEvent.type(dialog.getByLabelText('Name of label 1'), 'tier');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    expect(dialog.getByRole('alert')).toHaveTextContent('A label needs a value');
    await userEvent.type(dialog.getByLabelText('Value of label 1'), 'one');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(server.requests('/api/v1/agents/alpha/revisions', 'POST')[0]?.body).toEqual({
      description: 'Finds things',
      labels: { team: null, tier: 'one' },
    });
    expect(screen.getByRole('row', { name: /^alpha/ })).toHaveTextContent(/tier: one.*Finds things/);
  });

  it('say why a description was not saved, and send nothing where nothing changed', async () => {
    await openSettings('agents');
    await userEvent.click(await screen.findByRole('button', { name: 'Describe beta' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(server.requests('/api/v1/agents/beta/revisions', 'POST')).toHaveLength(0);
    server.failures.set('/api/v1/agents/beta/revisions', 503);
    await userEvent.click(screen.getByRole('button', { name: 'Describe beta' }));
    await userEvent.type(await screen.findByLabelText('What it is for'), 'x');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Refused with 503.');
  });

  it('have a configuration, and so has the fleet', async () => {
    await openSettings('agents');
    await userEvent.click(await screen.findByRole('button', { name: 'Configure the fleet' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Configuration of the fleet' }));
    const days = await dialog.findByLabelText('Keep records for');
    expect(days).toHaveValue('90');
    await userEvent.clear(days);
    await userEvent.type(days, '0');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    expect(dialog.getByRole('alert')).toHaveTextContent('a whole number of days');
    await userEvent.clear(days);
    await userEvent.type(days, '30');
    await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(server.requests('/api/v1/configuration', 'POST')[0]?.body).toMatchObject({
      agent: null,
      retention_days: 30,
    });
    expect(screen.getByRole('button', { name: 'Configure alpha' })).toBeInTheDocument();
  });

  it('are read by viewers, who describe none', async () => {
    server.me = meOf({ role: 'viewer' });
    await openSettings('agents');
    expect(await screen.findByRole('row', { name: /^alpha/ })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /^Describe/ })).toBeNull();
    expect(screen.getByRole('button', { name: 'Configure alpha' })).toBeInTheDocument();
  });

  it('are shown a hundred at a time', async () => {
    server.agents = Array.from({ length: 101 }, (_, index) => agentOf(`agent-${1000 + index}`));
    await openSettings('agents');
    expect(await screen.findByRole('row', { name: /^agent-1000/ })).toBeInTheDocument();
    expect(screen.queryByRole('row', { name: /^agent-1100/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(screen.getByRole('row', { name: /^agent-1100/ })).toBeInTheDocument();
  });

  it('say that there are none, and why they or their refusals cannot be shown', async () => {
    server.agents = [];
    const { client } = await openSettings('agents');
    expect(await screen.findByText('There is no agent yet')).toBeInTheDocument();
    server.agents = [agentOf('alpha')];
    server.failures.set('/api/v1/rejections', 400);
    await act(() => client.refetchQueries({ queryKey: ['agents'] }));
    expect(await screen.findByText(/What was refused cannot be read: Refused with 400/)).toBeInTheDocument();
    server.failures.set('/api/v1/agents', 503);
    await act(() => client.refetchQueries({ queryKey: ['agents'] }));
    expect(await screen.findByText(/The agents cannot be read/)).toBeInTheDocument();
    expect(screen.getByRole('row', { name: /^alpha/ })).toBeInTheDocument();
  });
});

describe('my preferences', () => {
  it('are kept on the server and hold at once', async () => {
    await openSettings('mine');
    await userEvent.click(await screen.findByRole('button', { name: 'Dark' }));
    expect(document.documentElement).toHaveAttribute('data-theme', 'dark');
    await userEvent.click(screen.getByRole('button', { name: 'UTC' }));
    await userEvent.click(await screen.findByRole('button', { name: '6h' }));
    await waitFor(() =>
      expect(server.preferences).toEqual({ theme: 'dark', time_zone: 'UTC', range: 'now-6h' }),
    );
    expect(await axeFindings()).toEqual([]);
    await userEvent.click(screen.getByRole('link', { name: 'Fleet' }));
    expect(await screen.findByRole('button', { name: '6h', pressed: true })).toBeInTheDocument();
    expect(window.location.search).toBe('');
  });

  it('hold in a browser that is new to me', async () => {
    server.preferences = { theme: 'dark', time_zone: 'UTC', range: 'now-24h' };
    renderApp('/');
    expect(await screen.findByRole('button', { name: '24h', pressed: true })).toBeInTheDocument();
    expect(document.documentElement).toHaveAttribute('data-theme', 'dark');
    expect(window.location.search).toBe('');
  });

  it('say that they were not saved', async () => {
    await openSettings('mine');
    await screen.findByRole('button', { name: 'Dark' });
    server.failures.set('/api/v1/me/preferences', 503);
    await userEvent.click(screen.getByRole('button', { name: 'Light' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Not saved: Refused with 503.');
  });

  it('say why they cannot be shown and try again', async () => {
    server.failures.set('/api/v1/me/preferences', 400);
    await openSettings('mine');
    expect(await screen.findByText('Your preferences cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('button', { name: 'Dark' })).toBeInTheDocument();
  });
});
