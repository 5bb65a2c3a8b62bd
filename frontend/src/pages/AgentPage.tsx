import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { ZoomSpan } from '../charts/prepare/brush';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorState } from '../components/ErrorState';
import { Placeholder } from '../components/Placeholder';
import { StaleNotice } from '../components/StaleNotice';
import { Toggle } from '../components/Toggle';
import { ApiError } from '../services/http';
import type { Agent } from '../services/types';
import { serverNow } from '../state/clock';
import { canEdit, useMe } from '../state/session';
import { agentPath, useRange, useViewParams, withRange } from '../state/urlState';
import { useAgent, useAgents } from '../state/useAgents';
import { useEvents } from '../state/useEvents';
import { resolveRange } from '../utils/range';
import { AgentCharts } from './agent/AgentCharts';
import { AgentEvents } from './agent/AgentEvents';
import { AgentHeader } from './agent/AgentHeader';
import { ConfigureButton } from './agent/ConfigureButton';
import { DescribeButton } from './agent/DescribeButton';
import { ModelsUsed } from './agent/ModelsUsed';
import { LookSection } from './agent/LookSection';
import { lookChanges, readLook } from './agent/lookWindow';
import { RefusedNotice } from './agent/RefusedNotice';
import { SubAgents } from './agent/SubAgents';
import { ExportMenu } from './ExportMenu';
import { PictureItem } from './PictureItem';
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
      <EmptyState whole title={`There is no agent named ${name}`}>
        <Link href="/">To the fleet</Link>
      </EmptyState>
    );
  }
  return (
    <ErrorState
      whole
      title="The agent cannot be shown"
      detail={agent.error.message}
      onRetry={() => agent.refetch()}
    />
  );
}

interface AgentViewProps {
  agent: Agent;
}

function AgentView({ agent }: AgentViewProps): ReactNode {
  const { range } = useRange();
  const { params, change } = useViewParams();
  const look = useMemo(() => readLook(params), [params]);
  const tab = look?.tab ?? 'changes';
  const select = useCallback((span: ZoomSpan) => change(lookChanges(span, tab), 'push'), [change, tab]);
  const lookAtAll = (): void => change(lookChanges(resolveRange(range, serverNow()), 'requests'), 'push');
  const events = useEvents(agent.name, range);
  const shown = useMemo(() => events.data?.events ?? [], [events.data]);
  const compared = params.get('compare') === 'previous';
  const [agents] = useState([agent.name]);
  const editable = canEdit(useMe().data);
  return (
    <>
      <AgentHeader
        agent={agent}
        fleetHref={withRange('/', range)}
        parentHref={agent.parent === null ? null : withRange(agentPath(agent.parent.name), range)}
      >
        <Toggle
          on={compared}
          title="Draws the time before, as long, as a dashed line"
          onChange={(on) => change({ compare: on ? 'previous' : null }, 'replace')}
        >
          Compare
        </Toggle>
        <Button
          title="The requests of this range; Shift-drag on a chart looks into a part of it"
          onClick={lookAtAll}
        >
          Requests
        </Button>
        {editable && <DescribeButton agent={agent} />}
        <ConfigureButton agent={agent.name} />
        <ExportMenu agents={agents} range={range}>
          <PictureItem name={`sentinel-${agent.name}.png`} />
        </ExportMenu>
      </AgentHeader>
      <RefusedNotice agent={agent.name} />
      <AgentCharts agent={agent} events={shown} selection={look} compared={compared} onSelect={select} />
      {look && <LookSection agents={agents} look={look} />}
      <ModelsUsed agent={agent} />
      <SubAgents agent={agent} />
      <AgentEvents events={shown} problem={events.error?.message ?? null} pending={events.isPending} />
    </>
  );
}
