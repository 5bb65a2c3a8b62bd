import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelExport, forgetExport, startExport } from '../../src/state/exportJob';
import { axeFindings } from '../support/axe';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf } from '../support/samples';

let server: FakeServer;
let saved: Blob[];
let names: string[];

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [agentOf('alpha'), agentOf('beta')];
  saved = [];
  names = [];
  URL.createObjectURL = (blob) => `blob:${saved.push(blob as Blob)}`;
  URL.revokeObjectURL = () => undefined;
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
    names.push(this.download);
  });
});

afterEach(async () => {
  cancelExport();
  // What was called off ends a moment later.
  await vi.waitFor(() => {
    act(() => forgetExport());
    expect(document.querySelector('[data-export="running"]')).toBeNull();
  });
  Reflect.deleteProperty(window, 'showSaveFilePicker');
});

const params = (): URLSearchParams => new URLSearchParams(window.location.search);
const button = (name: string | RegExp): HTMLElement => screen.getByRole('button', { name });
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function openExport(address = '/export') {
  const app = renderApp(address);
  await screen.findByText(/^About|^No records/);
  return app;
}

/** An export that the test sends piece by piece. */
function openBody() {
  let control: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = {
    aborted: false,
    send: (text: string) => control?.enqueue(bytes(text)),
    cut: () => control?.error(new TypeError('network error')),
    end: () => control?.close(),
  };
  server.exportBody = (_, signal) => {
    signal?.addEventListener('abort', () => (body.aborted = true));
    return new ReadableStream<Uint8Array>({ start: (own) => void (control = own) });
  };
  return body;
}

describe('export page', () => {
  it('opens from the top bar, says how many records there are, and gives them', async () => {
    renderApp('/');
    await userEvent.click(await screen.findByRole('link', { name: 'Export' }));
    expect(await screen.findByText('About 3 records.')).toBeInTheDocument();
    expect(await axeFindings()).toEqual([]);
    await userEvent.click(button('Start export'));
    expect(await screen.findByText(/^3 records, 32.0 kB|^3 records/)).toHaveTextContent(
      'Among your downloads.',
    );
    expect(screen.getByText('✓ Complete.')).toBeInTheDocument();
    expect(names[0]).toMatch(/^sentinel-agents-\d{4}-\d{2}-\d{2}T\d{4}-.*\.csv$/);
    expect(await saved[0]?.text()).toMatch(/^timestamp,agent\r\n/);
    expect(await axeFindings()).toEqual([]);
    await userEvent.click(button('Dismiss'));
    expect(screen.queryByText('✓ Complete.')).toBeNull();
  });

  it('asks for what the form says, which stands in the address', async () => {
    await openExport('/export?start=now-7d');
    await userEvent.click(button(/All agents/));
    await userEvent.click(await screen.findByRole('checkbox', { name: 'beta' }));
    await userEvent.keyboard('{Escape}');
    await userEvent.click(screen.getByRole('button', { name: 'NDJSON' }));
    await userEvent.click(button('gzip'));
    await userEvent.click(screen.getByRole('checkbox', { name: 'Further' }));
    await userEvent.click(screen.getByRole('checkbox', { name: 'cost_usd' }));
    expect([params().get('agent'), params().get('format'), params().get('gzip')]).toEqual([
      'beta',
      'ndjson',
      '1',
    ]);
    expect(params().getAll('column')).toHaveLength(26);
    server.exportBody = () => '{"a":1}\n{"a":2}\n';
    await userEvent.click(button('Start export'));
    expect(await screen.findByText(/^2 records/)).toBeInTheDocument();
    const query = server.requests('/api/v1/export')[0]?.url.searchParams;
    expect(query?.getAll('agent')).toEqual(['beta']);
    expect(query?.getAll('column')).not.toContain('cost_usd');
    expect(Date.parse(query?.get('end') ?? '') - Date.parse(query?.get('start') ?? '')).toBe(7 * 86_400_000);
    expect(names[0]).toMatch(/^sentinel-beta-.*\.ndjson\.gz$/);
    await userEvent.click(button('Choose all'));
    expect(params().getAll('column')).toEqual([]);
  });

  it('keeps at least one column, and takes whole groups', async () => {
    await openExport('/export?column=host');
    expect(screen.getByText('1 of 29')).toBeInTheDocument();
    expect(screen.getByRole('checkbox', { name: 'host' })).toBeDisabled();
    expect(screen.getByRole('checkbox', { name: 'Where' })).toBePartiallyChecked();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Resources' }));
    expect(params().getAll('column')).toHaveLength(6);
  });

  it('needs no gzip for a spreadsheet, and tells how many sheets it has', async () => {
    server.estimate = 2_500_000;
    await openExport('/export?format=xlsx');
    expect(screen.getByText(/goes on in 3 sheets/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'gzip' })).toBeNull();
  });

  it('counts while it comes, goes on behind other pages, and ends where it is cancelled', async () => {
    server.estimate = 1000;
    const body = openBody();
    await openExport();
    await userEvent.click(button('Start export'));
    await screen.findByRole('progressbar');
    expect(button('Start export')).toBeDisabled();
    body.send('timestamp,agent\r\n1,a\r\n2,a\r\n');
    expect(await screen.findByText('2 of about 1,000 records')).toBeInTheDocument();
    expect(await axeFindings()).toEqual([]);
    const leave = new Event('beforeunload', { cancelable: true });
    window.dispatchEvent(leave);
    expect(leave.defaultPrevented).toBe(true);
    await userEvent.click(screen.getByRole('link', { name: 'Costs' }));
    await screen.findByText(/this month/);
    await userEvent.click(screen.getByRole('link', { name: 'Export' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText('■ Cancelled.')).toBeInTheDocument();
    expect(body.aborted).toBe(true);
    expect(screen.getByText(/2 of about 1,000 records had come; nothing of it was kept/)).toBeInTheDocument();
    expect(saved).toEqual([]);
  });

  it('never looks complete where it was cut, and starts again', async () => {
    const body = openBody();
    await openExport();
    await userEvent.click(button('Start export'));
    await screen.findByRole('progressbar');
    body.send('timestamp,agent\r\n1,a\r\n');
    body.cut();
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('✕ Not complete. The connection was cut before the end.');
    expect(alert).toHaveTextContent('nothing of it was kept');
    expect(saved).toEqual([]);
    server.exportBody = () => 'timestamp,agent\r\n1,a\r\n';
    await userEvent.click(button('Start again'));
    expect(await screen.findByText(/^1 record,/)).toBeInTheDocument();
  });

  it('writes to a file of the reader where the browser can', async () => {
    const log: string[] = [];
    const picker = vi.fn(() =>
      Promise.resolve({
        createWritable: () =>
          Promise.resolve({
            write: () => Promise.resolve(void log.push('write')),
            close: () => Promise.resolve(void log.push('close')),
          }),
      }),
    );
    Object.assign(window, { showSaveFilePicker: picker });
    await openExport();
    await userEvent.click(button('Start export'));
    expect(await screen.findByText(/In the file you chose/)).toBeInTheDocument();
    expect(log).toEqual(['write', 'close']);
    expect(saved).toEqual([]);
  });

  it('does not begin where the file is not chosen or cannot be made', async () => {
    const picker = vi.fn(() => Promise.reject(new DOMException('closed', 'AbortError')));
    Object.assign(window, { showSaveFilePicker: picker });
    await openExport();
    await userEvent.click(button('Start export'));
    await waitFor(() => expect(picker).toHaveBeenCalledOnce());
    picker.mockRejectedValue(new Error('read-only'));
    await userEvent.click(button('Start export'));
    expect(await screen.findByRole('alert')).toHaveTextContent('No file was begun: read-only');
    expect(server.requests('/api/v1/export')).toEqual([]);
  });

  it('begins no second one beside the first', async () => {
    openBody();
    await openExport();
    await userEvent.click(button('Start export'));
    await screen.findByRole('progressbar');
    const discard = vi.fn(() => Promise.resolve());
    const target = { kind: 'memory' as const, write: vi.fn(), keep: vi.fn(), discard };
    const question = { agents: [], columns: [], start: '', end: '', format: 'csv' as const };
    await startExport('second.csv', { question, gzip: false, target });
    expect(discard).toHaveBeenCalledOnce();
    expect(server.requests('/api/v1/export')).toHaveLength(1);
  });

  it('is called off by signing out', async () => {
    const body = openBody();
    await openExport();
    await userEvent.click(button('Start export'));
    await screen.findByRole('progressbar');
    await userEvent.click(button(/^ada/));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    await screen.findByRole('button', { name: /Sign in/ });
    expect(body.aborted).toBe(true);
  });
});

describe('export page without an estimate', () => {
  it.each([
    [403, 'You may not export records. An admin can give you a role that may.'],
    [404, 'There is no agent of one of these names. Export of all agents'],
  ])('says of %s what it means', async (status, words) => {
    server.failures.set('/api/v1/export', status);
    renderApp('/export?agent=gone');
    expect(await screen.findByRole('alert')).toHaveTextContent(words);
    expect(await axeFindings()).toEqual([]);
  });

  it('says why records cannot be counted, and tries again', async () => {
    server.failures.set('/api/v1/export', 503);
    renderApp('/export');
    expect(await screen.findByText(/The records cannot be counted/)).toBeInTheDocument();
    server.failures.clear();
    server.estimate = 0;
    await userEvent.click(button('Try again'));
    expect(await screen.findByText(/The file will have its head alone/)).toBeInTheDocument();
  });

  it('says that there are too many names', async () => {
    const many = Array.from({ length: 400 }, (_, index) => `agent=a-rather-long-name-of-an-agent-${index}`);
    renderApp(`/export?${many.join('&')}`);
    expect(await screen.findByText(/400 agents are too many/)).toBeInTheDocument();
    expect(button('Start export')).toBeDisabled();
  });
});
