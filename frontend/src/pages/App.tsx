import { MantineProvider } from '@mantine/core';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { OpeningBar } from '../components/OpeningBar';
import { TitleHints } from '../components/TitleHints';
import { mantineTheme } from '../design/mantineTheme';
import { createQueryClient } from '../state/queryClient';
import { useTheme } from '../state/theme';
import { fetchAgents } from '../state/useAgents';
import {
  agentOfPath,
  CONNECT_PATH,
  COSTS_PATH,
  EXPLORE_PATH,
  EXPORT_PATH,
  HEALTH_PATH,
  SETTINGS_PATH,
} from '../state/urlState';
import { Shell } from './shell/Shell';

const loadFleet = () => import('./FleetPage').then((page) => ({ default: page.FleetPage }));
const loadAgent = () => import('./AgentPage').then((page) => ({ default: page.AgentPage }));
const FleetPage = lazy(loadFleet);
const AgentPage = lazy(loadAgent);
const CostsPage = lazy(() => import('./CostsPage').then((page) => ({ default: page.CostsPage })));
const ExplorePage = lazy(() => import('./ExplorePage').then((page) => ({ default: page.ExplorePage })));
const ExportPage = lazy(() => import('./ExportPage').then((page) => ({ default: page.ExportPage })));
const HealthPage = lazy(() => import('./HealthPage').then((page) => ({ default: page.HealthPage })));
const ConnectPage = lazy(() => import('./ConnectPage').then((page) => ({ default: page.ConnectPage })));
const SettingsPage = lazy(() => import('./SettingsPage').then((page) => ({ default: page.SettingsPage })));
const SignInPage = lazy(() => import('./SignInPage').then((page) => ({ default: page.SignInPage })));
const NotFoundPage = lazy(() => import('./NotFoundPage').then((page) => ({ default: page.NotFoundPage })));

export interface AppProps {
  /** Tests bring their own; the page makes one. */
  client?: QueryClient;
}

/** What most people open is fetched while the server says who is signed in, not after. A failure shows later. */
function fetchPage(client: QueryClient): void {
  const path = window.location.pathname;
  if (path === '/') {
    loadFleet().catch(() => undefined);
    fetchAgents(client);
  } else if (agentOfPath(path) !== null) {
    loadAgent().catch(() => undefined);
  }
}

function NamedAgentPage(): ReactNode {
  // The router's own path is decoded already: it only tells when to look at the address again.
  useLocation();
  const name = agentOfPath(window.location.pathname) ?? '';
  return <AgentPage key={name} name={name} />;
}

/** Every page on one screen. */
export function App({ client }: AppProps): ReactNode {
  const [ownClient] = useState(() => client ?? createQueryClient());
  const { theme } = useTheme();
  useState(() => fetchPage(ownClient));
  return (
    <QueryClientProvider client={ownClient}>
      <MantineProvider
        theme={mantineTheme}
        forceColorScheme={theme}
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <ErrorBoundary>
          <Suspense fallback={<OpeningBar />}>
            <Switch>
              <Route path="/sign-in" component={SignInPage} />
              <Route>
                <Shell>
                  <Switch>
                    <Route path="/" component={FleetPage} />
                    <Route path={COSTS_PATH} component={CostsPage} />
                    <Route path={EXPLORE_PATH} component={ExplorePage} />
                    <Route path={EXPORT_PATH} component={ExportPage} />
                    <Route path={HEALTH_PATH} component={HealthPage} />
                    <Route path={CONNECT_PATH} component={ConnectPage} />
                    <Route path={SETTINGS_PATH} component={SettingsPage} />
                    <Route path="/agents/:name">
                      <NamedAgentPage />
                    </Route>
                    <Route component={NotFoundPage} />
                  </Switch>
                </Shell>
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
        <TitleHints />
      </MantineProvider>
    </QueryClientProvider>
  );
}
