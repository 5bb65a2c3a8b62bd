import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { axeFindings } from '../support/axe';
import { FakeEventSource } from '../support/fakeEventSource';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, keyOf, meOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
});

async function openConnect(address = '/connect') {
  renderApp(address);
  await screen.findByRole('heading', { name: 'Connect an agent' });
}

const lines = (label: RegExp): string => screen.getByRole('region', { name: label }).textContent;

describe('the way to the page', () => {
  it('leads from a fleet without agents', async () => {
    renderApp('/');
    await userEvent.click(await screen.findByRole('link', { name: 'Connect an agent' }));
    expect(await screen.findByRole('heading', { name: 'Connect an agent' })).toBeInTheDocument();
    expect(window.location.pathname).toBe('/connect');
  });

  it('leads from the menu and the palette', async () => {
    server.agents = [agentOf('alpha')];
    renderApp('/');
    await screen.findByRole('link', { name: 'alpha' });
    await userEvent.click(screen.getByRole('button', { name: /^ada/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Connect an agent' }));
    expect(await screen.findByRole('heading', { name: 'Connect an agent' })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Go to…' }));
    await userEvent.type(await screen.findByRole('combobox'), 'connect');
    expect(await screen.findByRole('option', { name: /Connect an agent/ })).toBeInTheDocument();
  });
});

describe('connecting', () => {
  it('makes a key for the named agent and puts it into the lines, shown once', async () => {
    await openConnect();
    expect(lines(/^Send a record/)).toContain('Bearer YOUR_KEY');
    await userEvent.clear(screen.getByLabelText('Name of the agent'));
    await userEvent.type(screen.getByLabelText('Name of the agent'), "ada's bot");
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(await screen.findByText(/It is shown this once/)).toBeInTheDocument();
    expect(server.requests('/api/v1/keys', 'POST')[0]?.body).toEqual({
      name: "ada's bot, curl",
      scope: 'ingest',
      agents: ["ada's bot"],
    });
    const command = lines(/^Send a record/);
    expect(command).toContain(`curl ${window.location.origin}/api/v1/metrics`);
    expect(command).toContain("Bearer sk_of_ada's bot, curl");
    expect(command).toContain(`{"agent_id": "ada'\\''s bot"`);
    expect(await axeFindings()).toEqual([]);
    await userEvent.type(screen.getByLabelText('Name of the agent'), ' 2');
    expect(lines(/^Send a record/)).toContain('Bearer YOUR_KEY');
    expect(screen.getByRole('button', { name: 'Make a key' })).toBeInTheDocument();
  });

  it.each([
    ['OpenTelemetry SDK', /^Set before/, 'OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer YOUR_KEY"'],
    ['Claude Code', /^Set, then start Claude/, 'CLAUDE_CODE_ENABLE_TELEMETRY=1'],
    ['Codex', /config.toml/, '/v1/logs"'],
    ['Gemini CLI', /^Set, then start Gemini/, '/otlp/YOUR_KEY'],
    ['Collector', /^Start your agent/, 'sentinel-collector run --server'],
  ])('tells %s what it needs, in the address', async (words, label, text) => {
    await openConnect();
    await userEvent.click(screen.getByRole('button', { name: words }));
    expect(lines(label)).toContain(text);
    expect(lines(label)).toContain(window.location.origin);
    expect(new URLSearchParams(window.location.search).get('with')).not.toBeNull();
  });

  it('makes a key of every agent for what also writes for sub-agents or its machine', async () => {
    await openConnect('/connect?with=collector');
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    await screen.findByText(/It is shown this once/);
    expect(server.requests('/api/v1/keys', 'POST')[0]?.body).toMatchObject({ agents: [] });
  });

  it('says that a key of this name is in force', async () => {
    server.keys = [keyOf('my-agent, curl')];
    await openConnect();
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('in force already');
  });

  it('says why no key was made', async () => {
    await openConnect();
    server.failures.set('/api/v1/keys', 503);
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('No key was made: Refused with 503.');
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    expect(await screen.findByText(/It is shown this once/)).toBeInTheDocument();
  });

  it('tells those who may not make keys whom to ask', async () => {
    server.me = meOf({ role: 'viewer' });
    await openConnect();
    expect(screen.getByText(/Ask one for a key of scope ingest for “my-agent”/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Make a key' })).toBeNull();
  });
});

describe('the first record', () => {
  const come = (name: string, lastSeen: string) =>
    act(() => FakeEventSource.latest.send('agents', { agents: [agentOf(name, { last_seen: lastSeen })] }));

  it('turns green when an agent comes that was not there, with a link to it', async () => {
    server.agents = [agentOf('alpha')];
    await openConnect();
    expect(await screen.findByText('Waiting for the first record…')).toBeInTheDocument();
    await waitFor(() => expect(server.requests('/api/v1/agents')).toHaveLength(1));
    await act(() => Promise.resolve());
    come('alpha', '2026-03-10T12:00:10Z');
    expect(screen.getByText('Waiting for the first record…')).toBeInTheDocument();
    come('beta', '2026-03-10T12:00:11Z');
    expect(await screen.findByRole('link', { name: 'Open beta' })).toHaveAttribute('href', '/agents/beta');
  });

  it('turns green when the named agent, known before, sends again', async () => {
    server.agents = [agentOf('my-agent')];
    await openConnect();
    await screen.findByText('Waiting for the first record…');
    await act(() => Promise.resolve());
    come('my-agent', '2026-03-10T12:00:10Z');
    expect(await screen.findByRole('link', { name: 'Open my-agent' })).toBeInTheDocument();
  });

  it('says that it cannot be read and tries again', async () => {
    server.failures.set('/api/v1/agents', 400);
    await openConnect();
    expect(await screen.findByText(/Whether a record came cannot be read/)).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Waiting for the first record…')).toBeInTheDocument();
  });
});
