import { act, fireEvent, render, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChartStack, type ChartStackProps } from '../../src/charts/ChartStack';
import { preparePanel } from '../../src/charts/prepare/panel';
import { AGENT_PANELS } from '../../src/charts/prepare/panelSpecs';
import { callsOf, type RecordedInk } from '../support/ink';
import { eventOf, frameOf, NOON } from '../support/samples';

/** The setup makes every element 856 px wide; the gutter takes 56. */
const PLOT_WIDTH = 800;
const SPAN = { startMs: NOON - 800_000, endMs: NOON };
const STEP = 100_000;

const FRAME = frameOf(SPAN.startMs, STEP, {
  'latency_ms:p50': [10, 20, 30, 40, 50, 60, 70, 80],
  'latency_ms:p95': [20, 30, 40, 50, 60, 70, 80, 90],
  'latency_ms:p99': [30, 40, 50, 60, 70, 80, 90, 99],
  'latency_ms:avg': [11, 21, 31, 41, 51, 61, 71, 81],
  'cpu_usage_percent:avg': [1, 2, 3, 4, 5, 6, 7, 8],
});

function stack(part: Partial<ChartStackProps> = {}) {
  const context = {
    window: { ...SPAN, live: true },
    nowMs: NOON,
    intervalMs: 5000,
    thresholds: { warn: 90, critical: 900 },
    silences: [],
  };
  const props: ChartStackProps = {
    panels: AGENT_PANELS.map((spec) => preparePanel(spec, FRAME, context)),
    events: [],
    span: SPAN,
    nowMs: NOON,
    stepMs: STEP,
    theme: 'light',
    onZoom: vi.fn(),
    onZoomOut: vi.fn(),
    ...part,
  };
  return { props, ...render(<ChartStack {...props} />) };
}

const layer = (): HTMLElement => screen.getByRole('slider');

describe('ChartStack', () => {
  it('shows a figure for each metric that says its values in words', () => {
    stack();
    expect(screen.getByRole('figure', { name: /^Latency: p50 80.0 ms, p95 90.0 ms/ })).toHaveAttribute(
      'data-points',
      '8',
    );
    expect(screen.getByRole('figure', { name: 'GPU: not measured in this range' })).toHaveAttribute(
      'data-points',
      '0',
    );
  });

  it('draws the measured panels on canvas and the thresholds that fit', () => {
    const { container } = stack();
    const canvases = [...container.querySelectorAll('canvas')];
    expect(canvases).toHaveLength(2);
    const ink = canvases[0]?.getContext('2d') as unknown as RecordedInk;
    expect(callsOf(ink, 'lineTo').length).toBeGreaterThan(7);
    const latency = screen.getByRole('figure', { name: /^Latency/ });
    expect(latency.querySelector('[data-threshold="warn"]')).not.toBeNull();
    expect(latency.querySelector('[data-threshold="critical"]')).toBeNull();
    expect(latency).toHaveTextContent('critical 900 ms ↑');
  });

  it('moves one crosshair over all charts and shows that moment’s values', () => {
    stack();
    fireEvent.pointerMove(layer(), { clientX: 150 });
    expect(screen.getByTestId('crosshair')).toHaveStyle({ left: '150px' });
    expect(screen.getByRole('figure', { name: /^Latency/ })).toHaveTextContent('p5020.0');
    expect(screen.getByRole('figure', { name: /^CPU/ })).toHaveTextContent('2.00%');
    fireEvent.pointerLeave(layer());
    expect(screen.queryByTestId('crosshair')).toBeNull();
    expect(screen.getByRole('figure', { name: /^CPU/ })).toHaveTextContent('8.00%');
  });

  it('zooms to what is dragged over', () => {
    const { props } = stack();
    fireEvent.pointerDown(layer(), { clientX: 200, button: 0 });
    fireEvent.pointerMove(layer(), { clientX: 400 });
    expect(screen.getByTestId('brush')).toHaveStyle({ left: '200px', width: '200px' });
    fireEvent.pointerUp(layer(), { clientX: 400 });
    expect(props.onZoom).toHaveBeenCalledWith({ startMs: NOON - 600_000, endMs: NOON - 400_000 });
    expect(screen.queryByTestId('brush')).toBeNull();
  });

  it('does nothing on a click, with another button, or when the drag is called off', () => {
    const { props } = stack();
    fireEvent.pointerDown(layer(), { clientX: 200, button: 0 });
    fireEvent.pointerUp(layer(), { clientX: 201 });
    fireEvent.pointerDown(layer(), { clientX: 200, button: 2 });
    fireEvent.pointerUp(layer(), { clientX: 500 });
    fireEvent.pointerDown(layer(), { clientX: 200, button: 0 });
    fireEvent.pointerCancel(layer());
    fireEvent.pointerUp(layer(), { clientX: 500 });
    expect(props.onZoom).not.toHaveBeenCalled();
  });

  it('zooms out on a double click', () => {
    const { props } = stack();
    fireEvent.doubleClick(layer());
    expect(props.onZoomOut).toHaveBeenCalledOnce();
  });

  it('can be used with the keyboard alone', () => {
    const { props } = stack();
    fireEvent.keyDown(layer(), { key: 'Home' });
    expect(layer()).toHaveAttribute('aria-valuenow', String(SPAN.startMs));
    fireEvent.keyDown(layer(), { key: 'ArrowRight' });
    fireEvent.keyDown(layer(), { key: 'ArrowRight', shiftKey: true });
    expect(layer()).toHaveAttribute('aria-valuenow', String(NOON));
    fireEvent.keyDown(layer(), { key: 'End' });
    fireEvent.keyDown(layer(), { key: 'ArrowLeft' });
    expect(layer()).toHaveAttribute('aria-valuenow', String(NOON - STEP));
    fireEvent.keyDown(layer(), { key: 'Enter' });
    expect(props.onZoom).toHaveBeenCalledWith({ startMs: NOON - 200_000, endMs: NOON });
    fireEvent.keyDown(layer(), { key: 'Escape' });
    expect(screen.queryByTestId('crosshair')).toBeNull();
    fireEvent.keyDown(layer(), { key: 'ArrowLeft' });
    fireEvent.blur(layer());
    fireEvent.keyDown(layer(), { key: 'x' });
    expect(screen.queryByTestId('crosshair')).toBeNull();
  });

  it('selects with Shift, by drag and by key, and shows what is selected', () => {
    const onSelect = vi.fn();
    const selection = { startMs: NOON - 600_000, endMs: NOON + 600_000 };
    const { props } = stack({ onSelect, selection });
    fireEvent.pointerDown(layer(), { clientX: 200, button: 0, shiftKey: true });
    fireEvent.pointerUp(layer(), { clientX: 400 });
    expect(onSelect).toHaveBeenCalledWith({ startMs: NOON - 600_000, endMs: NOON - 400_000 });
    fireEvent.keyDown(layer(), { key: 'End' });
    fireEvent.keyDown(layer(), { key: 'Enter', shiftKey: true });
    expect(onSelect).toHaveBeenLastCalledWith({ startMs: NOON - 100_000, endMs: NOON });
    expect(props.onZoom).not.toHaveBeenCalled();
    expect(screen.getByTestId('selection')).toHaveStyle({ left: '200px', width: '600px' });
  });

  it('zooms with Shift where nothing can be selected', () => {
    const { props } = stack();
    fireEvent.pointerDown(layer(), { clientX: 200, button: 0, shiftKey: true });
    fireEvent.pointerUp(layer(), { clientX: 400 });
    expect(props.onZoom).toHaveBeenCalledOnce();
    expect(screen.queryByTestId('selection')).toBeNull();
  });

  describe('under a finger', () => {
    const finger = (clientX: number, part: PointerEventInit = {}) => ({
      clientX,
      button: 0,
      pointerId: 7,
      pointerType: 'touch',
      ...part,
    });
    const rest = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));

    beforeEach(() => void vi.useFakeTimers());

    it('selects by a long press with a drag, while the page stands still and no menu opens', () => {
      const onSelect = vi.fn();
      const { props } = stack({ onSelect });
      fireEvent.pointerDown(layer(), finger(200));
      expect(fireEvent.touchMove(layer())).toBe(true);
      rest(500);
      expect(screen.getByTestId('crosshair')).toHaveTextContent('drag to look into it');
      expect(screen.getByTestId('brush')).toHaveAttribute('data-selects');
      expect(fireEvent.contextMenu(layer())).toBe(false);
      expect(fireEvent.touchMove(layer())).toBe(false);
      fireEvent.pointerMove(layer(), finger(400));
      expect(screen.getByTestId('brush')).toHaveStyle({ left: '200px', width: '200px' });
      expect(screen.getByTestId('crosshair')).not.toHaveTextContent('drag');
      fireEvent.pointerUp(layer(), finger(400));
      expect(onSelect).toHaveBeenCalledWith({ startMs: NOON - 600_000, endMs: NOON - 400_000 });
      expect(props.onZoom).not.toHaveBeenCalled();
      expect(fireEvent.touchMove(layer())).toBe(true);
      expect(fireEvent.contextMenu(layer())).toBe(true);
    });

    it('zooms by a drag that did not rest, however long it takes', () => {
      const onSelect = vi.fn();
      const { props } = stack({ onSelect });
      fireEvent.pointerDown(layer(), finger(200));
      rest(400);
      fireEvent.pointerMove(layer(), finger(300));
      rest(2000);
      fireEvent.pointerUp(layer(), finger(400));
      expect(props.onZoom).toHaveBeenCalledWith({ startMs: NOON - 600_000, endMs: NOON - 400_000 });
      expect(onSelect).not.toHaveBeenCalled();
    });

    it('zooms after a long press too where nothing can be selected', () => {
      const { props } = stack();
      fireEvent.pointerDown(layer(), finger(200));
      rest(1000);
      fireEvent.pointerUp(layer(), finger(400));
      expect(props.onZoom).toHaveBeenCalledOnce();
    });

    it('reads values by a tap that trembles, and keeps them when the finger leaves', () => {
      const { props } = stack({ onSelect: vi.fn() });
      fireEvent.pointerDown(layer(), finger(143));
      fireEvent.pointerMove(layer(), finger(150));
      fireEvent.pointerUp(layer(), finger(150));
      fireEvent.pointerLeave(layer(), finger(150));
      expect(screen.getByTestId('crosshair')).toHaveStyle({ left: '150px' });
      expect(screen.getByRole('figure', { name: /^CPU/ })).toHaveTextContent('2.00%');
      rest(1000);
      expect(screen.queryByTestId('brush')).toBeNull();
      expect(props.onZoom).not.toHaveBeenCalled();
    });

    it('does nothing with two fingers, and leaves scrolling to the page', () => {
      const onSelect = vi.fn();
      const { props, unmount } = stack({ onSelect });
      fireEvent.pointerDown(layer(), finger(200));
      fireEvent.pointerMove(layer(), finger(500, { pointerId: 8 }));
      fireEvent.pointerUp(layer(), finger(500, { pointerId: 8 }));
      fireEvent.pointerDown(layer(), finger(500, { pointerId: 8 }));
      rest(1000);
      fireEvent.pointerUp(layer(), finger(400));
      fireEvent.pointerDown(layer(), finger(200));
      fireEvent.pointerCancel(layer(), finger(200));
      rest(1000);
      fireEvent.pointerUp(layer(), finger(400));
      fireEvent.pointerDown(layer(), finger(200));
      unmount();
      rest(1000);
      expect(onSelect).not.toHaveBeenCalled();
      expect(props.onZoom).not.toHaveBeenCalled();
    });
  });

  it('tells the values under the crosshair in words too', () => {
    stack();
    expect(layer()).toHaveAttribute('aria-valuetext', expect.stringMatching(/\. Latency: .*\. CPU: 8\.00%$/));
    fireEvent.keyDown(layer(), { key: 'Home' });
    const text = layer().getAttribute('aria-valuetext');
    expect(text).toMatch(/\. Latency: p50 10\.0 ms, p95 20\.0 ms, .*\. CPU: 1\.00%$/);
    expect(text).not.toContain('GPU');
  });

  it('zooms with the keyboard no closer than with the pointer', () => {
    const { props } = stack({ span: { startMs: NOON - 8000, endMs: NOON } });
    fireEvent.keyDown(layer(), { key: 'Home' });
    fireEvent.keyDown(layer(), { key: 'Enter' });
    expect(props.onZoom).toHaveBeenCalledWith({ startMs: NOON - 10_000, endMs: NOON - 5000 });
  });

  it('marks events in one lane and points at their moment', () => {
    const at = (ms: number): string => new Date(ms).toISOString();
    const events = [
      eventOf('deployed', at(NOON - 400_000), { message: 'v2' }),
      eventOf('error', at(NOON - 200_000)),
      eventOf('error', at(NOON - 199_000), { event_id: 'second' }),
    ];
    stack({ events });
    const mark = screen.getByRole('button', { name: /Deployed .*: v2/ });
    fireEvent.pointerEnter(mark);
    expect(screen.getByTestId('crosshair')).toHaveStyle({ left: `${PLOT_WIDTH / 2}px` });
    fireEvent.pointerLeave(mark);
    fireEvent.focus(mark);
    expect(screen.getByTestId('crosshair')).toBeInTheDocument();
    fireEvent.blur(mark);
    expect(screen.queryByTestId('crosshair')).toBeNull();
    expect(screen.getByRole('button', { name: /Error .*\nError/ })).toHaveTextContent('2');
  });
});
