import { openStream, type Stream } from '../services/stream';
import type { Agent } from '../services/types';
import { serverNow } from './clock';

/** `lost`: the stream broke, the page asks every few seconds instead. `paused`: nobody looks, the tab is hidden. */
export type LiveMode = 'connecting' | 'live' | 'lost' | 'paused';

export interface LiveState {
  mode: LiveMode;
  /** When the page last knew that it showed everything, by the server's clock. */
  freshMs: number;
}

export type LiveEvent =
  | { type: 'committed'; agents: readonly string[]; startMs: number }
  | { type: 'agents'; agents: readonly Agent[] }
  /** Something may have been missed since then: ask again. */
  | { type: 'resync'; sinceMs: number };

export const POLL_MS = 5000;
/** The server pings every 15 s; two and a half missing pings mean that the stream is dead though not closed. */
export const SILENCE_MS = 40_000;

/** The one live stream of a page, its state, and the fall-back to polling. */
export class LiveConnection {
  private state: LiveState = { mode: 'connecting', freshMs: serverNow() };
  private stream: Stream | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private heardMs = Date.now();
  private readonly stateListeners = new Set<() => void>();
  private readonly eventListeners = new Set<(event: LiveEvent) => void>();

  start(): void {
    document.addEventListener('visibilitychange', this.onVisibility);
    this.timer = setInterval(this.onTimer, POLL_MS);
    this.onVisibility();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    clearInterval(this.timer);
    this.stream?.close();
    this.stream = null;
  }

  readonly getState = (): LiveState => this.state;

  readonly subscribeState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  readonly subscribe = (listener: (event: LiveEvent) => void): (() => void) => {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  };

  /** Called when a poll brought data although the stream is lost. */
  readonly markFresh = (): void => {
    if (this.state.mode === 'lost') this.change({ freshMs: serverNow() });
  };

  private change(part: Partial<LiveState>): void {
    this.state = { ...this.state, ...part };
    this.stateListeners.forEach((listener) => listener());
  }

  private emit(event: LiveEvent): void {
    this.eventListeners.forEach((listener) => listener(event));
  }

  private readonly onVisibility = (): void => {
    if (document.hidden) {
      this.stream?.close();
      this.stream = null;
      this.change({ mode: 'paused' });
    } else if (this.stream === null) {
      this.open();
    }
  };

  private open(): void {
    this.heardMs = Date.now();
    if (this.state.mode === 'paused') this.change({ mode: 'connecting' });
    this.stream = openStream({
      onOpen: this.onOpen,
      onHeard: this.onHeard,
      onError: () => this.change({ mode: 'lost' }),
      onCommitted: (committed) =>
        this.emit({ type: 'committed', agents: committed.agents, startMs: Date.parse(committed.start) }),
      onAgents: (agents) => this.emit({ type: 'agents', agents }),
    });
  }

  private readonly onOpen = (): void => {
    const sinceMs = this.state.freshMs;
    this.heardMs = Date.now();
    this.change({ mode: 'live', freshMs: serverNow() });
    this.emit({ type: 'resync', sinceMs });
  };

  private readonly onHeard = (): void => {
    this.heardMs = Date.now();
    this.state = { ...this.state, freshMs: serverNow() };
    if (this.state.mode !== 'live') this.change({ mode: 'live' });
  };

  private readonly onTimer = (): void => {
    if (this.state.mode === 'live' && Date.now() - this.heardMs > SILENCE_MS) {
      this.stream?.close();
      this.change({ mode: 'lost' });
      this.open();
    }
    if (this.state.mode === 'lost') this.emit({ type: 'resync', sinceMs: this.state.freshMs });
  };
}
