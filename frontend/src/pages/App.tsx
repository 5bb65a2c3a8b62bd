import { MantineProvider } from '@mantine/core';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { Placeholder } from '../components/Placeholder';
import { mantineTheme } from '../design/mantineTheme';
import { createQueryClient } from '../state/queryClient';
import { useTheme } from '../state/theme';
import { Shell } from './shell/Shell';

const FleetPage = lazy(() => import('./FleetPage').then((page) => ({ default: page.FleetPage })));
const AgentPage = lazy(() => import('./AgentPage').then((page) => ({ default: page.AgentPage })));
const SignInPage = lazy(() => import('./SignInPage').then((page) => ({ default: page.SignInPage })));
const NotFoundPage = lazy(() => import('./NotFoundPage').then((page) => ({ default: page.NotFoundPage })));

export interface AppProps {
  /** Tests bring their own; the page makes one. */
  client?: QueryClient;
}

/** Every page on one screen. */
export function App({ client }: AppProps): ReactNode {
  const [ownClient] = useState(() => client ?? createQueryClient());
  const { theme } = useTheme();
  return (
    <QueryClientProvider client={ownClient}>
      <MantineProvider theme={mantineTheme} forceColorScheme={theme}>
        <Suspense fallback={<Placeholder label="Loading the page" rows={3} />}>
          <Switch>
            <Route path="/sign-in" component={SignInPage} />
            <Route>
              <Shell>
                <Switch>
                  <Route path="/" component={FleetPage} />
                  <Route path="/agents/:name">
                    {({ name }) => <AgentPage key={name} name={decodeURIComponent(name)} />}
                  </Route>
                  <Route component={NotFoundPage} />
                </Switch>
              </Shell>
            </Route>
          </Switch>
        </Suspense>
      </MantineProvider>
    </QueryClientProvider>
  );
}
