import {
  createContext,
  use,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import { LiveConnection, type LiveEvent, type LiveState } from './liveConnection';

const LiveContext = createContext<LiveConnection | null>(null);

export interface LiveProviderProps {
  children: ReactNode;
}

/** Holds the page's one stream open while it is shown. */
export function LiveProvider({ children }: LiveProviderProps): ReactNode {
  const [connection] = useState(() => new LiveConnection());
  useEffect(() => {
    connection.start();
    return () => connection.stop();
  }, [connection]);
  return <LiveContext value={connection}>{children}</LiveContext>;
}

export function useLiveConnection(): LiveConnection {
  const connection = use(LiveContext);
  if (connection === null) throw new Error('useLiveConnection needs a LiveProvider above it');
  return connection;
}

export function useLiveState(): LiveState {
  const connection = useLiveConnection();
  return useSyncExternalStore(connection.subscribeState, connection.getState);
}

export function useLiveEvents(listener: (event: LiveEvent) => void): void {
  const connection = useLiveConnection();
  const onEvent = useEffectEvent(listener);
  useEffect(() => connection.subscribe((event) => onEvent(event)), [connection]);
}
