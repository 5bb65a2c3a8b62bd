import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, changeOf, recordOf } from '../support/samples';

let server: FakeServer;
let now: number;

beforeEach(() => {
  now = Date.now();
  server = new FakeServer().install();
  server.agents = [agentOf('alpha')];
  server.changes = [changeOf()];
  server.records = Array.from({ length: 150 }, (_, index) =>
    recordOf(now - 60_000 - index * 10_000, { latency_ms: 100 + index, trace_id: `trace-${index}` }),
  );
});

async function openAgent(address = '/agents/alpha') {
  const app = renderApp(address);
  await screen.findByRole('figure', { name: /^Latency/ });
  return app;
}

const shown = (): number => document.querySelectorAll('[data-request]').length;
const firstRow = (): HTMLElement | undefined =>
  within(screen.getByRole('table', { name: 'Requests of the window' })).getAllByRole('row')[1];
const params = (): URLSearchParams => new URLSearchParams(window.location.search);

describe('looking into a part of the range', () => {
  it('says what changed where Shift was held while dragging, and the back button closes it', async () => {
    await openAgent();
    const layer = screen.getByRole('slider');
    fireEvent.pointerDown(layer, { clientX: 400, button: 0, shiftKey: true });
    fireEvent.pointerUp(layer, { clientX: 500 });
    const row = await screen.findByRole('row', { name: /^Latency p95/ });
    expect(row).toHaveTextContent('200 ms442 ms↑ +121%');
    expect(params().get('look')).toMatch(/^\d{4}-.*Z,\d{4}-.*Z$/);
    expect(params().get('start')).toBeNull();
    expect(screen.getByTestId('selection')).toBeInTheDocument();
    const asked = server.requests('/api/v1/changes')[0]?.url.searchParams;
    expect(`${asked?.get('start')},${asked?.get('end')}`).toBe(params().get('look'));
    act(() => window.history.back());
    await waitFor(() => expect(screen.queryByTestId('selection')).toBeNull());
  });

  it('says that nothing moved', async () => {
    server.changes = [];
    await openAgent('/agents/alpha?look=2026-03-10T12:00:00Z,2026-03-10T12:05:00Z');
    expect(await screen.findByText(/^Nothing moved in/)).toBeInTheDocument();
  });

  it('lists the requests of the range by a button, newest first and more on demand', async () => {
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Requests' }));
    await waitFor(() => expect(shown()).toBe(100));
    expect(params().get('tab')).toBe('requests');
    expect(firstRow()).toHaveTextContent('trace-0');
    expect(screen.getByText('The newest 100 requests.')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByText('150 requests, all of the window.')).toBeInTheDocument();
    expect(shown()).toBe(150);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  it('asks for the slowest, the dearest and those that failed, in the address', async () => {
    server.records[70] = recordOf(now - 700_000, { latency_ms: null, status: 'error', trace_id: 'broken' });
    server.records[71] = recordOf(now - 710_000, { cost_usd: 3, trace_id: 'dear' });
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Requests' }));
    await waitFor(() => expect(shown()).toBe(100));
    await userEvent.click(screen.getByRole('button', { name: 'Slowest' }));
    await waitFor(() => expect(firstRow()).toHaveTextContent('trace-149'));
    expect(params().get('order')).toBe('slowest');
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByText('149 requests with a latency, all of the window.')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Dearest' }));
    await waitFor(() => expect(firstRow()).toHaveTextContent('dear'));
    await userEvent.click(screen.getByRole('button', { name: 'Newest' }));
    await userEvent.click(screen.getByRole('button', { name: 'Failed only' }));
    expect(await screen.findByText('1 failed request, all of the window.')).toBeInTheDocument();
    expect(firstRow()).toHaveTextContent('broken');
    expect([params().get('order'), params().get('failed')]).toEqual([null, '1']);
    await userEvent.click(screen.getByRole('button', { name: 'Close what is looked into' }));
    expect(params().get('failed')).toBeNull();
  });

  it('keeps what is shown where more cannot be read', async () => {
    await openAgent();
    await userEvent.click(screen.getByRole('button', { name: 'Requests' }));
    await waitFor(() => expect(shown()).toBe(100));
    server.failures.set('/api/v1/requests', 400);
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('More cannot be read: Refused with 400.');
    expect(shown()).toBe(100);
  });

  it('takes typed times, and says where they are none', async () => {
    await openAgent('/agents/alpha?look=2026-03-10T12:00:00Z,2026-03-10T12:05:00Z&tab=requests');
    expect(await screen.findByText('No requests in this window.')).toBeInTheDocument();
    const from = screen.getByLabelText('From');
    await userEvent.clear(from);
    await userEvent.type(from, 'soon{Enter}');
    expect(from).toBeInvalid();
    await userEvent.clear(from);
    await userEvent.type(from, 'now-1h');
    await userEvent.clear(screen.getByLabelText('To'));
    await userEvent.type(screen.getByLabelText('To'), 'now{Enter}');
    await waitFor(() => expect(shown()).toBeGreaterThanOrEqual(100));
    expect(params().get('tab')).toBe('requests');
  });

  it('exports the window, zooms into it, and closes', async () => {
    await openAgent('/agents/alpha?look=2026-03-10T12:00:00Z,2026-03-10T12:05:00Z');
    const section = screen.getByRole('region', { name: /5 min/ });
    await userEvent.click(within(section).getByRole('button', { name: /Export/ }));
    expect(await screen.findByRole('menuitem', { name: /^CSV/ })).toHaveAttribute(
      'href',
      '/api/v1/export?agent=alpha&start=2026-03-10T12%3A00%3A00.000Z&end=2026-03-10T12%3A05%3A00.000Z&format=csv',
    );
    await userEvent.keyboard('{Escape}');
    await userEvent.click(within(section).getByRole('button', { name: 'Requests' }));
    expect(params().get('tab')).toBe('requests');
    await userEvent.click(within(section).getByRole('button', { name: 'Zoom in' }));
    expect(params().get('start')).toBe('2026-03-10T12:00:00.000Z');
    await userEvent.click(screen.getByRole('button', { name: 'Close what is looked into' }));
    expect(params().get('look')).toBeNull();
  });

  it('says why it cannot be shown and tries again', async () => {
    server.failures.set('/api/v1/changes', 400);
    await openAgent('/agents/alpha?look=2026-03-10T12:00:00Z,2026-03-10T12:05:00Z');
    expect(await screen.findByText('What changed cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('row', { name: /^Latency p95/ })).toBeInTheDocument();
  });

  it('says why the requests cannot be shown and tries again', async () => {
    await openAgent('/agents/alpha?look=2026-03-10T12:00:00Z,2026-03-10T12:05:00Z');
    await screen.findByRole('row', { name: /^Latency p95/ });
    server.failures.set('/api/v1/requests', 400);
    const section = screen.getByRole('region', { name: /5 min/ });
    await userEvent.click(within(section).getByRole('button', { name: 'Requests' }));
    expect(await screen.findByText('The requests cannot be shown')).toBeInTheDocument();
    server.failures.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('No requests in this window.')).toBeInTheDocument();
  });
});
