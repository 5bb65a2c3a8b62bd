import type { Agent, Committed } from './types';

export interface StreamHandlers {
  /** `resumed`: the browser reconnected by itself, and the server sends what was missed (`Last-Event-ID`). */
  onOpen: (resumed: boolean) => void;
  onCommitted: (committed: Committed) => void;
  onAgents: (agents: Agent[]) => void;
  /** Any event at all, pings too: the stream is alive. */
  onHeard: () => void;
  onError: () => void;
}

export interface Stream {
  close: () => void;
}

/** A closed EventSource (the server refused it) is opened again after this long; a broken one reconnects by itself. */
export const REOPEN_MS = 5000;

/** What the server sent, or null where it is no JSON: one bad event must not end the stream. */
function decode(event: Event): unknown {
  try {
    return JSON.parse((event as MessageEvent<string>).data);
  } catch {
    return null;
  }
}

/** The live stream of the server. The browser resumes with `Last-Event-ID` by itself. */
export function openStream(handlers: StreamHandlers): Stream {
  let source: EventSource | null = null;
  let reopen: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    const current = new EventSource('/api/v1/stream');
    source = current;
    let opened = false;
    current.onopen = () => {
      handlers.onOpen(opened);
      opened = true;
    };
    current.onerror = () => {
      handlers.onError();
      if (current.readyState !== EventSource.CLOSED) return;
      clearTimeout(reopen);
      reopen = setTimeout(open, REOPEN_MS);
    };
    current.addEventListener('ping', handlers.onHeard);
    current.addEventListener('committed', (event) => {
      handlers.onHeard();
      const committed = decode(event) as Committed | null;
      if (committed) handlers.onCommitted(committed);
    });
    current.addEventListener('agents', (event) => {
      handlers.onHeard();
      const list = decode(event) as { agents: Agent[] } | null;
      if (list) handlers.onAgents(list.agents);
    });
  };

  open();
  return {
    close: () => {
      clearTimeout(reopen);
      source?.close();
    },
  };
}
