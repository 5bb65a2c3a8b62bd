import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { DEFAULT_RANGE, settleRange, type RangeText } from '../utils/range';
import { serverNow } from './clock';

export type ParamChanges = Record<string, string | null>;

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
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
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

/** The range of an address; one that cannot be shown is the usual one, for the axis and the questions alike. */
export function readRange(params: URLSearchParams): RangeText {
  const written = {
    start: params.get('start') ?? DEFAULT_RANGE.start,
    end: params.get('end') ?? DEFAULT_RANGE.end,
  };
  return settleRange(written, serverNow()) ?? DEFAULT_RANGE;
}

export function rangeChanges(range: RangeText): ParamChanges {
  const isDefault = range.start === DEFAULT_RANGE.start && range.end === DEFAULT_RANGE.end;
  return { start: isDefault ? null : range.start, end: range.end === DEFAULT_RANGE.end ? null : range.end };
}

export interface RangeState {
  range: RangeText;
  setRange: (range: RangeText) => void;
}

export function useRange(): RangeState {
  const { params, change } = useViewParams();
  const { start, end } = readRange(params);
  const range = useMemo(() => ({ start, end }), [start, end]);
  const setRange = useCallback((next: RangeText) => change(rangeChanges(next), 'push'), [change]);
  return { range, setRange };
}

/** The address of another page with the range kept: what was being looked at stays the same hour. */
export function withRange(path: string, range: RangeText): string {
  return `${path}${searchText(applyChanges(new URLSearchParams(), rangeChanges(range)))}`;
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
