import { ApiError } from '../services/http';
import { openStream, type Stream } from '../services/stream';
import type { Agent } from '../services/types';
import { serverNow } from './clock';

/** `lost`: the stream broke or the server cannot answer, the page asks every few seconds instead. `paused`: nobody looks, the tab is hidden. */
export type LiveMode = 'connecting' | 'live' | 'lost' | 'paused';

export interface LiveState {
  mode: LiveMode;
  /** When the page last knew that it showed everything, by the server's clock. */
  freshMs: number;
}

export type LiveEvent =
  | { type: 'committed'; agents: readonly string[]; startMs: number }
  | { type: 'agents'; agents: readonly Agent[] }
  /** Something may have been missed since then: ask again. `whole`: late data of any age, so a tail is not enough. */
  | { type: 'resync'; sinceMs: number; whole: boolean };

export const POLL_MS = 5000;
/** The server pings every 5 s; three missing pings mean that the stream is dead though not closed. */
export const SILENCE_MS = 16_000;

/** The one live stream of a page, its state, and the fall-back to polling. */
export class LiveConnection {
  private state: LiveState = { mode: 'connecting', freshMs: serverNow() };
  private stream: Stream | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private heardMs = Date.now();
  private streamOpen = false;
  /** A question failed and nothing has worked since: pings say that the server runs, not that it reads its data. */
  private failed = false;
  /** The stream was away: one that does not resume has missed what was committed in between. */
  private interrupted = false;
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
    this.closeStream();
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

  /** Called when a poll brought data. */
  readonly markFresh = (): void => {
    this.failed = false;
    if (this.state.mode !== 'lost') return;
    this.change({ freshMs: serverNow(), mode: this.streamOpen ? 'live' : 'lost' });
  };

  /** Called when a question got no data: what is on screen grows old, though the stream may be open. */
  readonly markFailed = (): void => {
    this.failed = true;
    if (this.state.mode === 'live' || this.state.mode === 'connecting') this.change({ mode: 'lost' });
  };

  /** Passes an answer on and marks what it means: data is fresh, none is failed. "No such agent" is an answer too. */
  async ask<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const value = await answer;
      this.markFresh();
      return value;
    } catch (error) {
      const gone = error instanceof ApiError && error.status === 404;
      if (!gone && !signal?.aborted) this.markFailed();
      throw error;
    }
  }

  private change(part: Partial<LiveState>): void {
    this.state = { ...this.state, ...part };
    this.stateListeners.forEach((listener) => listener());
  }

  private emit(event: LiveEvent): void {
    this.eventListeners.forEach((listener) => listener(event));
  }

  private readonly onVisibility = (): void => {
    if (document.hidden) {
      this.closeStream();
      this.change({ mode: 'paused' });
    } else if (this.stream === null) {
      this.open();
    }
  };

  private closeStream(): void {
    this.stream?.close();
    this.stream = null;
    this.streamOpen = false;
    this.interrupted = true;
  }

  private open(): void {
    this.heardMs = Date.now();
    if (this.state.mode === 'paused') this.change({ mode: 'connecting' });
    this.stream = openStream({
      onOpen: this.onOpen,
      onHeard: this.onHeard,
      onError: this.onError,
      onCommitted: (committed) => {
        this.markFresh();
        this.emit({ type: 'committed', agents: committed.agents, startMs: Date.parse(committed.start) });
      },
      onAgents: (agents) => {
        this.markFresh();
        this.emit({ type: 'agents', agents });
      },
    });
  }

  private readonly onOpen = (resumed: boolean): void => {
    const sinceMs = this.state.freshMs;
    const whole = this.interrupted && !resumed;
    this.interrupted = false;
    this.streamOpen = true;
    this.heardMs = Date.now();
    this.change(this.failed ? { mode: 'lost' } : { mode: 'live', freshMs: serverNow() });
    this.emit({ type: 'resync', sinceMs, whole });
  };

  private readonly onError = (): void => {
    this.streamOpen = false;
    this.interrupted = true;
    this.change({ mode: 'lost' });
  };

  private readonly onHeard = (): void => {
    this.heardMs = Date.now();
    this.streamOpen = true;
    if (this.failed) return;
    this.state = { ...this.state, freshMs: serverNow() };
    if (this.state.mode !== 'live') this.change({ mode: 'live' });
  };

  private readonly onTimer = (): void => {
    if (this.streamOpen && Date.now() - this.heardMs > SILENCE_MS) {
      this.closeStream();
      this.change({ mode: 'lost' });
      this.open();
    }
    if (this.state.mode === 'lost') this.emit({ type: 'resync', sinceMs: this.state.freshMs, whole: false });
  };
}
