import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseZone } from '../../src/state/zone';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, meOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  chooseZone('local');
  server = new FakeServer().install();
  server.agents = [agentOf('alpha'), agentOf('beta')];
});

async function openFleet(address = '/') {
  renderApp(address);
  await screen.findByRole('link', { name: 'alpha' });
}

describe('a page', () => {
  /** The labels of what stood for content while something was done. */
  async function placeholders(act: () => Promise<void>): Promise<string[]> {
    const seen: string[] = [];
    const note = (records: readonly MutationRecord[]): void => {
      for (const node of records.flatMap((record) => [...record.addedNodes])) {
        if (!(node instanceof Element)) continue;
        const labels = [node, ...node.querySelectorAll('[aria-label]')].map(
          (item) => item.getAttribute('aria-label') ?? '',
        );
        seen.push(...labels.filter((label) => label.startsWith('Loading')));
      }
    };
    const noting = new MutationObserver(note);
    noting.observe(document.body, { childList: true, subtree: true });
    await act();
    note(noting.takeRecords());
    noting.disconnect();
    return seen;
  }

  it('that somebody comes back to shows at once, without what stood for it when it was opened', async () => {
    expect(await placeholders(() => openFleet())).toContain('Loading');
    const bar = within(screen.getByRole('navigation', { name: 'Pages' }));
    await userEvent.click(bar.getByRole('link', { name: 'Export' }));
    await screen.findByRole('heading', { level: 1, name: 'Export' });
    const back = await placeholders(async () => {
      await userEvent.click(bar.getByRole('link', { name: 'Fleet' }));
      await screen.findByRole('link', { name: 'alpha' });
    });
    expect(back).toEqual([]);
  });
});

describe('help', () => {
  it('opens with ? and from the menu, and not while somebody types', async () => {
    await openFleet();
    await userEvent.type(screen.getByRole('searchbox'), '?');
    expect(screen.queryByRole('dialog')).toBeNull();
    await userEvent.clear(screen.getByRole('searchbox'));
    fireEvent.keyDown(document.body, { key: '?' });
    expect(await screen.findByRole('dialog', { name: 'Keyboard and touch' })).toHaveTextContent('Shiftdrag');
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await userEvent.click(screen.getByRole('button', { name: /^ada/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Keyboard and touch' }));
    expect(await screen.findByRole('dialog', { name: 'Keyboard and touch' })).toBeInTheDocument();
  });
});

describe('kiosk', () => {
  it('hides the bar, keeps what must stay in sight, and ends with Escape', async () => {
    server.me = meOf({ demo: true });
    await openFleet();
    await userEvent.click(screen.getByRole('button', { name: /^ada/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: /^Kiosk/ }));
    await waitFor(() => expect(screen.queryByRole('banner')).toBeNull());
    expect(window.location.search).toBe('?kiosk=1');
    const foot = within(screen.getByRole('contentinfo'));
    expect(foot.getByText('Demo data')).toBeInTheDocument();
    expect(foot.getByText('Connecting')).toBeInTheDocument();
    expect(await screen.findByRole('link', { name: 'alpha' })).toBeInTheDocument();
    fireEvent.keyDown(document.body, { key: '?' });
    await screen.findByRole('dialog', { name: 'Keyboard and touch' });
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(screen.queryByRole('banner')).toBeNull();
    fireEvent.keyDown(document.body, { key: 'Escape' });
    expect(await screen.findByRole('banner')).toBeInTheDocument();
    expect(window.location.search).toBe('');
  });

  it('ends with its button too', async () => {
    await openFleet('/?kiosk=1');
    await userEvent.click(screen.getByRole('button', { name: 'Leave the kiosk' }));
    expect(await screen.findByRole('banner')).toBeInTheDocument();
  });
});

describe('time zone', () => {
  it('is chosen in the menu, and draws the page anew', async () => {
    vi.stubEnv('TZ', 'America/New_York');
    renderApp('/agents/alpha');
    await screen.findByRole('figure', { name: /^Latency/ });
    expect(screen.getByText(/^UTC−/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: /^ada/ }));
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'UTC' }));
    await waitFor(() => expect(screen.queryByText(/^UTC−/)).toBeNull());
    expect(await screen.findByText('UTC', { selector: 'text' })).toBeInTheDocument();
    vi.unstubAllEnvs();
  });
});

describe('columns', () => {
  it('are chosen, in the address; the last one stays', async () => {
    await openFleet();
    await userEvent.click(screen.getByRole('button', { name: /^Columns/ }));
    await userEvent.click(await screen.findByRole('menuitemcheckbox', { name: 'GPU' }));
    expect(window.location.search).toBe('?cols=latency,throughput,cost,cpu,memory');
    expect(screen.queryByRole('columnheader', { name: 'GPU' })).toBeNull();
    await userEvent.click(screen.getByRole('menuitemcheckbox', { name: 'GPU' }));
    expect(window.location.search).toBe('');
    expect(screen.getByRole('columnheader', { name: 'GPU' })).toBeInTheDocument();
  });

  it('are those of the address', async () => {
    await openFleet('/?cols=cpu,nonsense');
    const heads = screen.getAllByRole('columnheader').map((head) => head.textContent.replace(/[↑↓]/, ''));
    expect(heads).toEqual(['Agent', 'Status', 'CPU', 'Seen']);
  });
});
