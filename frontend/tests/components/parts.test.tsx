import { readFile } from 'node:fs/promises';
import { MantineProvider } from '@mantine/core';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactElement } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { Sparkline } from '../../src/charts/draw/Sparkline';
import { AgeText } from '../../src/pages/AgeText';
import { CopyBlock } from '../../src/components/CopyBlock';
import { ErrorBoundary } from '../../src/components/ErrorBoundary';
import { ErrorState } from '../../src/components/ErrorState';
import { Field } from '../../src/components/Field';
import { LiveBadge } from '../../src/components/LiveBadge';
import { OpeningBar } from '../../src/components/OpeningBar';
import { QuantityText } from '../../src/components/QuantityText';
import { RangePicker, type RangePickerProps } from '../../src/components/RangePicker';
import { SortHeader } from '../../src/components/SortHeader';
import { StatusLight } from '../../src/components/StatusLight';
import { canExport } from '../../src/pages/exportFormats';
import { ExportMenu } from '../../src/pages/ExportMenu';
import { mantineTheme } from '../../src/design/mantineTheme';
import type { Status } from '../../src/services/types';
import { formatQuantity } from '../../src/utils/format';
import { resolveRange, type RangeText } from '../../src/utils/range';
import { NOON } from '../support/samples';

function show(element: ReactElement) {
  return render(<MantineProvider env="test">{element}</MantineProvider>);
}

describe('StatusLight', () => {
  it('says every status by shape and word, not by colour alone', () => {
    const statuses: Status[] = ['up', 'late', 'down', 'stopped', 'error', 'never'];
    const shapes = statuses.map((status) => {
      const { container, unmount } = show(<StatusLight status={status} />);
      expect(screen.getByText(status)).toBeInTheDocument();
      const shape = container.querySelector('svg')?.innerHTML;
      unmount();
      return shape;
    });
    expect(new Set(shapes).size).toBe(statuses.length);
  });
});

describe('AgeText', () => {
  it('goes on by itself, without whoever shows it', () => {
    vi.useFakeTimers({ now: NOON });
    try {
      const drawn = vi.fn();
      const Row = () => {
        drawn();
        return <AgeText time={new Date(NOON - 5000).toISOString()} />;
      };
      const { container } = render(<Row />);
      expect(container.textContent).toMatch(/^5\ss$/);
      act(() => {
        vi.advanceTimersByTime(60_000);
      });
      expect(container.textContent).toMatch(/^1\smin$/);
      expect(drawn).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('OpeningBar', () => {
  it('is what index.html shows before there is a script', async () => {
    const { container } = render(<OpeningBar />);
    const page = new DOMParser().parseFromString(await readFile('index.html', 'utf8'), 'text/html');
    const shown = (root: Element | null): string | undefined =>
      root?.querySelector('.opening')?.outerHTML.replace(/\s+(?=<)/g, '');
    expect(shown(page.getElementById('root'))).toBe(shown(container));
  });
});

describe('QuantityText', () => {
  it('mutes the unit and shows a dash for what was not measured', () => {
    const { container, rerender } = show(<QuantityText quantity={formatQuantity(1500, 'ms')} />);
    expect(container).toHaveTextContent('1.50\u202fs', { normalizeWhitespace: false });
    rerender(<QuantityText quantity={formatQuantity(null, 'ms')} />);
    expect(container.textContent).toBe('–');
  });
});

describe('LiveBadge', () => {
  it.each([
    ['live', 0, 'Live'],
    ['connecting', 0, 'Connecting'],
    ['paused', 0, 'Paused'],
    ['lost', 3000, 'Every 5 s'],
    ['lost', 12_000, 'Stale for 12 s'],
  ] as const)('says of %s after %s ms: %s', (mode, staleMs, words) => {
    show(<LiveBadge mode={mode} staleMs={staleMs} onGoLive={() => undefined} />);
    expect(screen.getByText(words)).toBeInTheDocument();
  });

  it('leads from the past back to now', async () => {
    const onGoLive = vi.fn();
    show(<LiveBadge mode="past" staleMs={0} onGoLive={onGoLive} />);
    await userEvent.click(screen.getByRole('button', { name: 'Go live' }));
    expect(onGoLive).toHaveBeenCalledOnce();
  });
});

describe('RangePicker', () => {
  function pick(range: RangeText, part: Partial<RangePickerProps> = {}) {
    const onChange = vi.fn();
    const window = resolveRange(range, NOON);
    const rest = { onShift: vi.fn(), onZoomOut: vi.fn(), ...part };
    show(<RangePicker range={range} window={window} nowMs={NOON} onChange={onChange} {...rest} />);
    return { onChange, ...rest };
  }

  it('marks the preset in force and chooses another with one click', async () => {
    const { onChange } = pick({ start: 'now-1h', end: 'now' });
    expect(screen.getByRole('button', { name: '1h' })).toHaveAttribute('aria-pressed', 'true');
    await userEvent.click(screen.getByRole('button', { name: '6h' }));
    expect(onChange).toHaveBeenCalledWith({ start: 'now-6h', end: 'now' });
  });

  it('takes typed times', async () => {
    const { onChange } = pick({ start: 'now-90m', end: 'now' });
    await userEvent.click(screen.getByRole('button', { name: /now-90m – now/ }));
    const from = await screen.findByLabelText('From');
    await userEvent.clear(from);
    await userEvent.type(from, 'now-2d/d');
    await userEvent.click(screen.getByRole('button', { name: 'Show' }));
    expect(onChange).toHaveBeenCalledWith({ start: 'now-2d/d', end: 'now' });
  });

  it('hands on typed dates as the server reads them', async () => {
    const { onChange } = pick({ start: 'now-90m', end: 'now' });
    await userEvent.click(screen.getByRole('button', { name: /now-90m/ }));
    const from = await screen.findByLabelText('From');
    await userEvent.clear(from);
    await userEvent.type(from, '2025-11-30 14:00');
    await userEvent.click(screen.getByRole('button', { name: 'Show' }));
    expect(onChange).toHaveBeenCalledWith({ start: new Date(2025, 10, 30, 14).toISOString(), end: 'now' });
  });

  it('says why a time cannot be read, and stays open', async () => {
    const { onChange } = pick({ start: 'now-90m', end: 'now' });
    await userEvent.click(screen.getByRole('button', { name: /now-90m/ }));
    const to = await screen.findByLabelText('To');
    await userEvent.clear(to);
    await userEvent.type(to, 'tomorrow{Enter}');
    expect(to).toBeInvalid();
    expect(to).toHaveAccessibleDescription(/Write a time such as now-6h/);
    expect(onChange).not.toHaveBeenCalled();
  });

  it('gives the keyboard back to its button when it is closed', async () => {
    render(
      <MantineProvider env="test" theme={mantineTheme}>
        <RangePicker
          range={{ start: 'now-90m', end: 'now' }}
          window={resolveRange({ start: 'now-90m', end: 'now' }, NOON)}
          nowMs={NOON}
          onChange={vi.fn()}
          onShift={vi.fn()}
          onZoomOut={vi.fn()}
        />
      </MantineProvider>,
    );
    const button = screen.getByRole('button', { name: /now-90m/ });
    await userEvent.click(button);
    await waitFor(() => expect(screen.getByLabelText('From')).toHaveFocus());
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(button).toHaveFocus());
  });

  it('offers the presets in the list too', async () => {
    const { onChange } = pick({ start: 'now-90m', end: 'now' });
    await userEvent.click(screen.getByRole('button', { name: /now-90m/ }));
    await screen.findByLabelText('From');
    const list = screen.getByRole('list');
    await userEvent.click(list.querySelectorAll('button')[6] as HTMLElement);
    expect(onChange).toHaveBeenCalledWith({ start: 'now-30d', end: 'now' });
  });

  it('steps earlier and out, and not later than now', async () => {
    const { onShift, onZoomOut } = pick({ start: 'now-1h', end: 'now' });
    await userEvent.click(screen.getByRole('button', { name: 'Earlier' }));
    await userEvent.click(screen.getByRole('button', { name: 'Zoom out' }));
    expect(onShift).toHaveBeenCalledWith(-1);
    expect(onZoomOut).toHaveBeenCalledOnce();
    expect(screen.getByRole('button', { name: 'Later' })).toBeDisabled();
  });

  it('steps later from the past, whose span it shows', async () => {
    const { onShift } = pick({ start: '2026-03-08T10:00:00Z', end: '2026-03-08T11:00:00Z' });
    expect(screen.getByRole('button', { name: /8 Mar/ })).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Later' }));
    expect(onShift).toHaveBeenCalledWith(1);
  });
});

describe('SortHeader', () => {
  it('tells its direction', async () => {
    const onSort = vi.fn();
    show(
      <table>
        <thead>
          <tr>
            <SortHeader title="CPU" hint="" direction="descending" numeric onSort={onSort} />
            <SortHeader title="GPU" hint="" direction={null} numeric={false} onSort={onSort} />
          </tr>
        </thead>
      </table>,
    );
    expect(screen.getByRole('columnheader', { name: /CPU/ })).toHaveAttribute('aria-sort', 'descending');
    expect(screen.getByRole('columnheader', { name: /GPU/ })).toHaveAttribute('aria-sort', 'none');
    await userEvent.click(screen.getByRole('button', { name: /CPU/ }));
    expect(onSort).toHaveBeenCalledOnce();
  });
});

describe('Sparkline', () => {
  it('draws what was measured and is empty without data', () => {
    const { container, rerender } = render(
      <Sparkline values={Float64Array.of(1, 2)} hue="blue" label="Latency of a" />,
    );
    expect(screen.getByRole('img', { name: 'Latency of a' })).toHaveAttribute('data-points', '2');
    expect(container.querySelector('path')).toHaveAttribute('stroke', 'var(--series-blue)');
    rerender(<Sparkline values={null} hue="blue" label="Latency of a" />);
    expect(container.querySelector('path')).toBeNull();
  });
});

describe('ExportMenu', () => {
  const range = { start: 'now-1h', end: 'now' };

  it('says that there are too many names instead of linking to what the server refuses', async () => {
    show(<ExportMenu agents={Array.from({ length: 1001 }, (_, index) => `a${index}`)} range={range} />);
    await userEvent.click(screen.getByRole('button', { name: /Export/ }));
    expect(await screen.findByText(/1001 agents are too many/)).toBeInTheDocument();
    expect(screen.queryByRole('menuitem')).toBeNull();
  });

  it('is opened by an arrow, and by none is the page scrolled away below it', async () => {
    show(<ExportMenu agents={['a']} range={range} />);
    const button = screen.getByRole('button', { name: /Export/ });
    // Gives whether it would scroll: nothing has kept the browser from it.
    const scrolls = (key: string): boolean => fireEvent.keyDown(button, { key });
    expect(scrolls('ArrowDown')).toBe(false);
    expect(button).toHaveAttribute('aria-expanded', 'true');
    // The menu has not the focus yet.
    expect(scrolls('ArrowDown')).toBe(false);
    expect(button).toHaveAttribute('aria-expanded', 'true');
    expect(scrolls('a')).toBe(true);
    await waitFor(() =>
      expect(screen.getByRole('menu')).toContainElement(document.activeElement as HTMLElement),
    );
    await userEvent.keyboard('{ArrowDown}');
    expect(screen.getAllByRole('menuitem')).toContain(document.activeElement);
  });

  it('takes an address of twelve kilobytes at most', () => {
    expect(canExport(['a'], range)).toBe(true);
    expect(
      canExport(
        Array.from({ length: 100 }, () => 'x'.repeat(150)),
        range,
      ),
    ).toBe(false);
  });
});

describe('ErrorBoundary', () => {
  function Broken(): never {
    throw new Error('A part broke.');
  }

  function breakPage() {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const reload = vi.fn();
    vi.stubGlobal('location', { reload });
    return reload;
  }

  it('says what happened and reloads', async () => {
    const reload = breakPage();
    show(
      <ErrorBoundary>
        <Broken />
      </ErrorBoundary>,
    );
    expect(screen.getByRole('alert')).toHaveTextContent('This page brokeA part broke.');
    await userEvent.click(screen.getByRole('button', { name: 'Reload' }));
    expect(reload).toHaveBeenCalledOnce();
  });

  it('knows that the server was updated where a part of the page is gone', () => {
    breakPage();
    const page = (broken: boolean): ReactElement => (
      <MantineProvider env="test">
        <ErrorBoundary>{broken ? <Broken /> : 'whole'}</ErrorBoundary>
      </MantineProvider>
    );
    const { rerender, unmount } = render(page(false));
    expect(screen.getByText('whole')).toBeInTheDocument();
    window.dispatchEvent(new Event('vite:preloadError'));
    rerender(page(true));
    expect(screen.getByRole('alert')).toHaveTextContent('Sentinel was updated');
    unmount();
  });
});

describe('small parts', () => {
  it('copies a command', async () => {
    const user = userEvent.setup();
    show(<CopyBlock text="sentinel link" label="Command" />);
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(await screen.findByRole('button', { name: 'Copied' })).toBeInTheDocument();
    expect(await navigator.clipboard.readText()).toBe('sentinel link');
  });

  it('keeps a command to select where copying is not allowed', async () => {
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('denied'));
    show(<CopyBlock text="sentinel link" label="Command" />);
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(screen.getByRole('region', { name: 'Command' })).toHaveTextContent('sentinel link');
    expect(screen.queryByRole('button', { name: 'Copied' })).toBeNull();
  });

  it('offers to try again, and says that it tries', async () => {
    let end = (): void => undefined;
    const onRetry = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
    show(<ErrorState title="It failed" detail="Because." onRetry={onRetry} />);
    expect(screen.getByRole('alert')).toHaveTextContent('Because.');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await userEvent.click(screen.getByRole('button', { name: 'Trying…' }));
    expect(onRetry).toHaveBeenCalledOnce();
    end();
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeInTheDocument();
  });

  it('joins a field with its hint', () => {
    show(<Field label="Interval" hint="At least 0.2" unit="seconds" defaultValue="5" />);
    expect(screen.getByLabelText('Interval')).toHaveAccessibleDescription('At least 0.2');
  });
});
