import { useMemo, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../components/EmptyState';
import { ErrorState } from '../components/ErrorState';
import { Placeholder } from '../components/Placeholder';
import { StaleNotice } from '../components/StaleNotice';
import { ApiError } from '../services/http';
import type { Agent } from '../services/types';
import { useRange, withRange } from '../state/urlState';
import { useAgent, useAgents } from '../state/useAgents';
import { useEvents } from '../state/useEvents';
import { AgentCharts } from './agent/AgentCharts';
import { AgentEvents } from './agent/AgentEvents';
import { AgentHeader } from './agent/AgentHeader';
import { ConfigureButton } from './agent/ConfigureButton';
import { ExportMenu } from './ExportMenu';
import { useDocumentTitle } from './useDocumentTitle';

export interface AgentPageProps {
  name: string;
}

/** One agent: everything it does on one time axis. */
export function AgentPage({ name }: AgentPageProps): ReactNode {
  const agent = useAgent(name);
  const fleet = useAgents().data?.totals;
  useDocumentTitle(name, (fleet?.down ?? 0) + (fleet?.error ?? 0));
  if (agent.data !== undefined) {
    return (
      <>
        {agent.isError && (
          <StaleNotice
            what="The agent"
            detail={agent.error.message}
            readMs={agent.dataUpdatedAt}
            nowMs={agent.errorUpdatedAt}
          />
        )}
        <AgentView agent={agent.data} />
      </>
    );
  }
  if (agent.isPending) return <Placeholder label="Loading the agent" rows={6} rowHeight={120} />;
  if (agent.error instanceof ApiError && agent.error.status === 404) {
    return (
      <EmptyState title={`There is no agent named ${name}`}>
        <Link href="/">To the fleet</Link>
      </EmptyState>
    );
  }
  return (
    <ErrorState
      title="The agent cannot be shown"
      detail={agent.error.message}
      onRetry={() => void agent.refetch()}
    />
  );
}

interface AgentViewProps {
  agent: Agent;
}

function AgentView({ agent }: AgentViewProps): ReactNode {
  const { range } = useRange();
  const events = useEvents(agent.name, range);
  const shown = useMemo(() => events.data?.events ?? [], [events.data]);
  const [exportAgents] = useState([agent.name]);
  return (
    <>
      <AgentHeader agent={agent} fleetHref={withRange('/', range)}>
        <ConfigureButton agent={agent} />
        <ExportMenu agents={exportAgents} range={range} />
      </AgentHeader>
      <AgentCharts agent={agent} events={shown} />
      <AgentEvents events={shown} problem={events.error?.message ?? null} pending={events.isPending} />
    </>
  );
}
