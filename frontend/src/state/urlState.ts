import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { COSTS_RANGE, DEFAULT_RANGE, sameRange, settleRange, type RangeText } from '../utils/range';
import { serverNow } from './clock';
import { firstRange, useFirstRange } from './firstRange';

/** A list repeats the name, once for each value. */
export type ParamChanges = Record<string, string | readonly string[] | null>;

export interface ViewParams {
  params: URLSearchParams;
  /** Null removes a name. `push` makes a step that the back button undoes. */
  change: (changes: ParamChanges, how: 'push' | 'replace') => void;
}

/** Keeps `now-6h` and lists readable in the address. */
export function searchText(params: URLSearchParams): string {
  const text = params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');
  return text === '' ? '' : `?${text}`;
}

export function applyChanges(params: URLSearchParams, changes: ParamChanges): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    if (typeof value === 'string') {
      if (value !== '') next.append(name, value);
    } else {
      value?.forEach((item) => next.append(name, item));
    }
  }
  return next;
}

/** The page's state is its address: what is on screen can be shared, saved and undone. */
export function useViewParams(): ViewParams {
  const [, navigate] = useLocation();
  const search = useSearch();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback(
    (changes: ParamChanges, how: 'push' | 'replace') => {
      // Two changes in one event must both count, so the base is the address of now, not of the last render.
      const current = new URLSearchParams(window.location.search);
      const next = searchText(applyChanges(current, changes));
      if (next === searchText(current)) return;
      // The router's own path is decoded: written back, a name with a percent sign would be no address any more.
      navigate(`${window.location.pathname}${next}`, { replace: how === 'replace' });
    },
    [navigate],
  );
  return { params, change };
}

export const COSTS_PATH = '/costs';
export const EXPLORE_PATH = '/explore';
export const EXPORT_PATH = '/export';
export const HEALTH_PATH = '/health';
export const CONNECT_PATH = '/connect';
export const SETTINGS_PATH = '/settings';

/** Whether a page shows a part of time. */
export function hasRange(path: string): boolean {
  return path !== CONNECT_PATH && path !== SETTINGS_PATH && path !== HEALTH_PATH;
}

/** The page of prices with the form filled for a model. */
export function priceAddress(model: string, provider: string): string {
  const changes = { part: 'prices', model, provider };
  return `${SETTINGS_PATH}${searchText(applyChanges(new URLSearchParams(), changes))}`;
}

/** The page of long exports with its form filled. */
export function exportAddress(
  agents: readonly string[],
  columns: readonly string[],
  range: RangeText,
): string {
  const changes = { agent: agents, column: columns, ...rangeChanges(range, usualRange(EXPORT_PATH)) };
  return `${EXPORT_PATH}${searchText(applyChanges(new URLSearchParams(), changes))}`;
}

/** What was refused of one agent, as it is sent. */
export function refusedAddress(agent: string): string {
  return `${HEALTH_PATH}${searchText(applyChanges(new URLSearchParams(), { agent }))}`;
}

/** The range of a page whose address names none. */
export function usualRange(path: string): RangeText {
  return path === COSTS_PATH ? COSTS_RANGE : firstRange();
}

/** The range of an address; one that cannot be shown is the usual one, for the axis and the questions alike. */
export function readRange(params: URLSearchParams, usual: RangeText = DEFAULT_RANGE): RangeText {
  const written = { start: params.get('start') ?? usual.start, end: params.get('end') ?? usual.end };
  return settleRange(written, serverNow()) ?? usual;
}

export function rangeChanges(range: RangeText, usual: RangeText = DEFAULT_RANGE): ParamChanges {
  return {
    start: sameRange(range, usual) ? null : range.start,
    end: range.end === usual.end ? null : range.end,
  };
}

export interface RangeState {
  range: RangeText;
  /** That of the page, where its address names none. */
  usual: RangeText;
  setRange: (range: RangeText) => void;
}

export function useRange(): RangeState {
  const [path] = useLocation();
  const { params, change } = useViewParams();
  // Draws anew when another first range is chosen.
  useFirstRange();
  const usual = usualRange(path);
  const { start, end } = readRange(params, usual);
  const range = useMemo(() => ({ start, end }), [start, end]);
  const setRange = useCallback(
    (next: RangeText) => change(rangeChanges(next, usual), 'push'),
    [change, usual],
  );
  return { range, usual, setRange };
}

/** The address of another page with the range kept: what was being looked at stays the same hour. */
export function withRange(path: string, range: RangeText): string {
  return `${path}${searchText(applyChanges(new URLSearchParams(), rangeChanges(range, usualRange(path))))}`;
}

/** The same for the tabs: who chose no range finds each page at its own. */
export function tabAddress(path: string, { range, usual }: Pick<RangeState, 'range' | 'usual'>): string {
  return withRange(path, sameRange(range, usual) ? usualRange(path) : range);
}

const AGENTS = '/agents/';

export function agentPath(name: string): string {
  return `${AGENTS}${encodeURIComponent(name)}`;
}

/** The agent that an address names, or null. `path` is that of the address bar: the router's is decoded already. */
export function agentOfPath(path: string): string | null {
  if (!path.startsWith(AGENTS)) return null;
  const name = path.slice(AGENTS.length);
  try {
    return decodeURIComponent(name);
  } catch {
    // Typed by hand, such as `canary 50%`: then it is the name itself.
    return name.replaceAll('%20', ' ');
  }
}
