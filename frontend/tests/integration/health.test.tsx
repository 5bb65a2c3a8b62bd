import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { axeFindings } from '../support/axe';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, rejectionOf, systemOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [agentOf('alpha')];
  const now = new Date().toISOString();
  const { ingest } = systemOf();
  server.system = systemOf({ server_time: now, ingest: { ...ingest, newest_commit_at: now } });
});

async function openHealth(address = '/health') {
  const app = renderApp(address);
  await screen.findByRole('region', { name: 'Ingest' });
  return app;
}

const spoolOf = (part: object) => {
  const { ingest } = server.system;
  if (!ingest.process?.spool) throw new Error('the sample has a spool');
  const spool = { ...ingest.process.spool, ...part };
  return { ...ingest, process: { ...ingest.process, spool } };
};

describe('health page', () => {
  it('says in one sentence that all is well, and tells each part with its figures', async () => {
    await openHealth();
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent(
      'Sentinel is well. 1,240 records a minute. Nothing refused in 24 h.',
    );
    expect(screen.getByRole('region', { name: 'Ingest' })).toHaveTextContent(/fine.*a commit takes4\.13 ms/);
    expect(screen.getByRole('region', { name: 'Disk' })).toHaveTextContent(/free320 GBof500 GBin use36\.0%/);
    expect(screen.getByRole('region', { name: 'Sealing' })).toHaveTextContent(/1\.20 ?M records/);
    expect(screen.getByRole('link', { name: 'Health' })).toHaveAttribute('aria-current', 'page');
    expect(screen.queryByRole('group', { name: 'Time range' })).toBeNull();
    expect(await screen.findByText('Nothing was refused in this time.')).toBeInTheDocument();
    expect(screen.getByText('Nothing was asked.')).toBeInTheDocument();
    expect(await axeFindings()).toEqual([]);
  });

  it('says first what needs help', async () => {
    server.system.ingest = spoolOf({ batches: 12, bytes: 4e6, database_away: true });
    await openHealth();
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Sentinel needs help: spool.');
    expect(screen.getByRole('region', { name: 'Spool' })).toHaveTextContent(
      /failing.*batches wait12.*The database is away/,
    );
    expect(await axeFindings()).toEqual([]);
  });

  it('lists what was refused, with a way to the agent', async () => {
    server.rejections = [
      rejectionOf(),
      rejectionOf({ agent: 'gamma', agent_id: null, key: null, code: 'agent_unknown' }),
      rejectionOf({
        agent: '',
        agent_id: null,
        subject: 'request',
        code: 'key_unknown',
        reason: 'no such key',
      }),
      rejectionOf({ agent: '', agent_id: null, subject: 'event', reason: 'no agent_id' }),
    ];
    await openHealth();
    const refused = within(screen.getByRole('region', { name: 'Refused' }));
    const row = await refused.findByRole('row', { name: /^alpha/ });
    expect(row).toHaveTextContent('cpu_usage_percent 130 is over 100');
    expect(within(row).getByRole('link', { name: 'alpha' })).toHaveAttribute('href', '/agents/alpha');
    expect(refused.getByRole('row', { name: /^gamma/ })).toHaveTextContent('not registered');
    expect(refused.getByRole('row', { name: /^a whole request/ })).toHaveTextContent('key_unknown');
    expect(refused.getByRole('row', { name: /^no agent named/ })).toHaveTextContent('an event');
    expect(server.requests('/api/v1/rejections')[0]?.url.searchParams.get('start')).toBe('now-24h');
    await userEvent.click(refused.getByRole('button', { name: 'Week' }));
    await waitFor(() =>
      expect(server.requests('/api/v1/rejections').at(-1)?.url.searchParams.get('start')).toBe('now-7d'),
    );
    expect(window.location.search).toBe('?since=7d');
    expect(await axeFindings()).toEqual([]);
  });

  it('shows one agent’s refusals alone, and all again', async () => {
    server.rejections = [rejectionOf(), rejectionOf({ agent: 'beta', agent_id: 'id-beta' })];
    await openHealth('/health?agent=beta');
    expect(await screen.findByRole('row', { name: /^beta/ })).toBeInTheDocument();
    expect(screen.queryByRole('row', { name: /^alpha/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: /^Only beta/ }));
    expect(await screen.findByRole('row', { name: /^alpha/ })).toBeInTheDocument();
  });

  it('reads further pages of refusals', async () => {
    server.rejections = Array.from({ length: 51 }, (_, index) =>
      rejectionOf({ agent: `agent-${index}`, agent_id: null }),
    );
    await openHealth();
    await userEvent.click(await screen.findByRole('button', { name: 'Show more' }));
    expect(await screen.findByRole('row', { name: /^agent-50/ })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  it('names the slowest questions', async () => {
    const at = '2026-03-10T11:50:00Z';
    server.system.slow_requests = [
      { at, route: 'GET /api/v1/costs', query: 'start=now-30d&agent=a%20b', status: 200, duration_ms: 1234 },
      { at, route: 'GET /api/v1/metrics', query: '100%', status: 400, duration_ms: 4 },
    ];
    await openHealth();
    const slow = within(screen.getByRole('region', { name: 'Slowest questions' }));
    expect(slow.getByRole('row', { name: /1\.23/ })).toHaveTextContent('start=now-30d agent=a b');
    expect(slow.getByRole('row', { name: /100%/ })).toHaveTextContent('400');
  });

  it('keeps what it knew during an outage, and says that it is old', async () => {
    const { client } = await openHealth();
    await screen.findByText('Nothing was refused in this time.');
    server.failures.set('/api/v1/system', 503);
    server.failures.set('/api/v1/rejections', 503);
    await act(() => client.refetchQueries());
    expect(
      await screen.findByText(/How Sentinel is doing cannot be read: Refused with 503/),
    ).toBeInTheDocument();
    expect(screen.getByText(/Not current: Refused with 503/)).toBeInTheDocument();
    expect(screen.getByRole('region', { name: 'Ingest' })).toBeInTheDocument();
  });

  it('says why it cannot be shown and tries again, and that one may not see it', async () => {
    server.failures.set('/api/v1/system', 400);
    renderApp('/health');
    expect(await screen.findByText('How Sentinel is doing cannot be shown')).toBeInTheDocument();
    server.failures.set('/api/v1/system', 403);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('You may not see how Sentinel is doing')).toBeInTheDocument();
  });

  it('says why refusals cannot be shown and tries again', async () => {
    server.failures.set('/api/v1/rejections', 400);
    await openHealth();
    expect(await screen.findByText('What was refused cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Nothing was refused in this time.')).toBeInTheDocument();
  });
});
