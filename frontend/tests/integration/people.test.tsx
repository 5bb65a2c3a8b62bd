import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fakeServer';
import { renderApp } from '../support/renderApp';
import { agentOf, meOf } from '../support/samples';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer().install();
  server.agents = [agentOf('alpha')];
});

async function openMenu() {
  await userEvent.click(await screen.findByRole('button', { name: /^ada/ }));
  await screen.findByRole('menuitem', { name: 'Sign out' });
}

describe('sign-in', () => {
  beforeEach(() => {
    server.me = null;
  });

  it('exchanges a printed link by itself and goes to the fleet', async () => {
    renderApp('/sign-in#link=good-link');
    expect(await screen.findByRole('link', { name: 'alpha' })).toBeInTheDocument();
    expect(server.requests('/api/v1/sign-in', 'POST').map((request) => request.body)).toEqual([
      { link: 'good-link' },
    ]);
    expect(window.location.href).not.toContain('good-link');
    expect(screen.getByText(/You signed in with a link/)).toBeInTheDocument();
  });

  it('shows that data is made up before anybody has signed in', async () => {
    server.demo = true;
    renderApp('/sign-in');
    expect(await screen.findByText('Demo data')).toBeInTheDocument();
    expect(screen.getByLabelText('Name')).toBeInTheDocument();
  });

  it('says what to do about a link that was used', async () => {
    renderApp('/sign-in#link=old');
    expect(await screen.findByRole('alert')).toHaveTextContent('This link has expired or was used before.');
    expect(window.location.hash).toBe('');
    expect(screen.getByLabelText('Name')).toBeInTheDocument();
  });

  it('signs in with name and password and goes where one was going', async () => {
    renderApp('/agents/alpha?start=now-6h');
    await userEvent.type(await screen.findByLabelText('Name'), 'ada');
    await userEvent.type(screen.getByLabelText('Password'), 'wrong');
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Name and password do not match.');
    await userEvent.clear(screen.getByLabelText('Password'));
    await userEvent.type(screen.getByLabelText('Password'), 'correct horse{Enter}');
    expect(await screen.findByRole('heading', { level: 1, name: /alpha/ })).toBeInTheDocument();
    expect(window.location.pathname + window.location.search).toBe('/agents/alpha?start=now-6h');
  });
});

describe('user menu', () => {
  it('signs out', async () => {
    renderApp('/');
    await openMenu();
    await userEvent.click(screen.getByRole('menuitem', { name: 'Sign out' }));
    expect(await screen.findByLabelText('Password')).toBeInTheDocument();
    expect(window.location.pathname).toBe('/sign-in');
  });

  it('goes to the sign-in page when the session ends', async () => {
    const { client } = renderApp('/');
    await screen.findByRole('link', { name: 'alpha' });
    server.me = null;
    void client.invalidateQueries({ queryKey: ['agents'] });
    expect(await screen.findByLabelText('Password')).toBeInTheDocument();
  });

  it('changes the theme and remembers it', async () => {
    renderApp('/');
    await openMenu();
    await userEvent.click(screen.getByRole('menuitemradio', { name: /Dark/ }));
    expect(document.documentElement.dataset.theme).toBe('dark');
    expect(localStorage.getItem('sentinel-theme')).toBe('dark');
  });

  it('suggests a password to who has none, and sets it', async () => {
    server.me = meOf({ has_password: false });
    renderApp('/');
    await userEvent.click(await screen.findByRole('button', { name: 'Set a password' }));
    const field = await screen.findByLabelText('New password');
    await userEvent.type(field, 'short');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(field).toHaveAccessibleDescription(/at least 12 characters/);
    await userEvent.type(field, ' but now long enough');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(server.requests('/api/v1/me/password', 'POST')[0]?.body).toEqual({
      password: 'short but now long enough',
    });
    expect(screen.queryByText(/You signed in with a link/)).toBeNull();
  });

  it('asks for the current password before it changes it', async () => {
    renderApp('/');
    await openMenu();
    await userEvent.click(screen.getByRole('menuitem', { name: 'Change password' }));
    await userEvent.type(await screen.findByLabelText('Current password'), 'old password');
    await userEvent.type(screen.getByLabelText('New password'), 'a much longer one');
    server.failures.set('/api/v1/me/password', 403);
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(screen.getByLabelText('New password')).toHaveAccessibleDescription('Refused with 403.'),
    );
    expect(server.requests('/api/v1/me/password', 'POST')[0]?.body).toEqual({
      current: 'old password',
      password: 'a much longer one',
    });
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('lets the suggestion be dismissed', async () => {
    server.me = meOf({ has_password: false });
    renderApp('/');
    await userEvent.click(await screen.findByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByText(/You signed in with a link/)).toBeNull();
  });
});

describe('palette', () => {
  beforeEach(() => {
    server.agents = [agentOf('alpha'), agentOf('beta', { status: 'down' })];
    server.views = [{ name: 'Morning', path: '/', query: 'start=now-24h' }];
  });

  it('opens with Ctrl-K and goes to an agent with the range kept', async () => {
    renderApp('/?start=now-6h');
    await screen.findByRole('link', { name: 'alpha' });
    await userEvent.keyboard('{Control>}k{/Control}');
    const field = await screen.findByRole('combobox');
    await screen.findByRole('option', { name: /Morning/ });
    expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual([
      'Fleetpage',
      'Costspage',
      'Explorepage',
      'Exportpage',
      'Healthpage',
      'Morningview',
      'upalphaagent',
      'downbetaagent',
      'Connect an agentpage',
      'Settingspage',
    ]);
    await userEvent.type(field, 'et{ArrowDown}{ArrowUp}{ArrowDown}');
    expect(screen.getByRole('option', { selected: true })).toHaveTextContent('beta');
    await userEvent.keyboard('x{Enter}');
    expect(screen.getByText('Nothing of that name.')).toBeInTheDocument();
    await userEvent.keyboard('{Backspace}{Backspace}{Backspace}be{Enter}');
    expect(await screen.findByRole('heading', { level: 1, name: /beta/ })).toBeInTheDocument();
    expect(window.location.search).toBe('?start=now-6h');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('opens with its button and goes where one points', async () => {
    renderApp('/agents/alpha');
    await userEvent.click(await screen.findByRole('button', { name: 'Go to…' }));
    expect(await screen.findByRole('dialog', { name: 'Go to' })).toBeInTheDocument();
    const view = await screen.findByRole('option', { name: /Morning/ });
    fireEvent.pointerMove(view);
    await userEvent.click(view);
    await waitFor(() => expect(window.location.search).toBe('?start=now-24h'));
  });
});

describe('saved views', () => {
  it('saves the page with its state and opens it again', async () => {
    renderApp('/?start=now-6h&q=alp');
    await screen.findByRole('link', { name: 'alpha' });
    await userEvent.click(screen.getByRole('button', { name: /Views/ }));
    expect(await screen.findByText('No saved views yet.')).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText('Save this page and range as'), 'Morning{Enter}');
    const link = await screen.findByRole('link', { name: 'Morning' });
    expect(server.views).toEqual([{ name: 'Morning', path: '/', query: 'start=now-6h&q=alp' }]);
    expect(screen.getByText('Saved.')).toBeInTheDocument();
    await userEvent.click(link);
    expect(window.location.search).toBe('?start=now-6h&q=alp');
    await waitFor(() => expect(screen.queryByText('Saved.')).toBeNull());
  });

  it('says why views cannot be listed or saved', async () => {
    server.failures.set('/api/v1/me/views', 400);
    renderApp('/');
    await screen.findByRole('link', { name: 'alpha' });
    await userEvent.click(screen.getByRole('button', { name: /Views/ }));
    expect(await screen.findByText('Refused with 400.')).toBeInTheDocument();
    const field = screen.getByLabelText('Save this page and range as');
    await userEvent.type(field, 'x{Enter}');
    await waitFor(() => expect(field).toHaveAccessibleDescription('Refused with 400.'));
  });
});
