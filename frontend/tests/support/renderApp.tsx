import type { QueryClient } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import { App } from '../../src/pages/App';
import { createQueryClient } from '../../src/state/queryClient';

/** The whole dashboard at an address, against the fake server that the test installed. */
export function renderApp(address: string): RenderResult & { client: QueryClient } {
  window.history.replaceState(null, '', address);
  const client = createQueryClient();
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  return { ...render(<App client={client} />), client };
}
