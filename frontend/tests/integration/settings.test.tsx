import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseFirstRange } from '../../src/state/firstRange';
import { chooseTheme } from '../../src/state/theme';
import { chooseZone } from '../../src/state/zone';
import { axeFindings } from '../support/axe';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, keyOf, meOf, priceOf } from '../support/samples';

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
  renderApp(`/settings?part=${part}`);
  await screen.findByRole('heading', { name: 'Settings' });
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
    expect(await screen.findByRole('row', { name: /^report/ })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Prices' }));
    await userEvent.click(screen.getByRole('button', { name: 'Keys' }));
    expect(await screen.findByRole('row', { name: /^report/ })).toBeInTheDocument();
    expect(screen.queryByText(/sk_of_report/)).toBeNull();
  });

  it('are revoked after a second click', async () => {
    server.keys = [keyOf('one')];
    await openSettings('keys');
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke one' }));
    await userEvent.click(screen.getByRole('button', { name: 'Keep it' }));
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
    expect(await screen.findByRole('row', { name: /^acme-8b/ })).toHaveTextContent('$2$8$0.5–');
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
    await userEvent.click(form.getByRole('button', { name: 'Set price' }));
    expect(await form.findByText(/charged at it from now on/)).toBeInTheDocument();
    expect(server.requests('/api/v1/prices', 'POST')[0]?.body).toEqual({
      model: 'acme 9',
      provider: 'vllm',
      input: '0.5',
      output: null,
      cache_read: null,
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Withdraw the price of acme 9' }));
    await waitFor(() => expect(screen.queryByRole('row', { name: /^acme 9/ })).toBeNull());
    expect(server.requests('/api/v1/prices/withdraw', 'POST')[0]?.body).toEqual({
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
