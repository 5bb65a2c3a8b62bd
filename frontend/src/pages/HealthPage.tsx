import { useMemo, type ReactNode } from 'react';
import { EmptyState } from '../components/EmptyState';
import { ErrorState } from '../components/ErrorState';
import { Headline } from '../components/Headline';
import { Placeholder } from '../components/Placeholder';
import { StaleNotice } from '../components/StaleNotice';
import { ApiError } from '../services/http';
import type { System } from '../services/types';
import { useNow } from '../state/clock';
import { useSystem } from '../state/system';
import { useAgents } from '../state/useAgents';
import { healthParts, healthSentence } from './health/healthParts';
import { PartList } from './health/PartList';
import { Rejections } from './health/Rejections';
import { SlowRequests } from './health/SlowRequests';
import { useDocumentTitle } from './useDocumentTitle';

/** Whether Sentinel itself is well: what comes in, what waits, what was refused, and when its disk is full. */
export function HealthPage(): ReactNode {
  const totals = useAgents().data?.totals;
  useDocumentTitle('Health', (totals?.down ?? 0) + (totals?.error ?? 0));
  const system = useSystem();
  if (system.data !== undefined) {
    return (
      <>
        {system.isError && (
          <StaleNotice
            what="How Sentinel is doing"
            detail={system.error.message}
            readMs={system.dataUpdatedAt}
            nowMs={system.errorUpdatedAt}
          />
        )}
        <HealthView system={system.data} />
      </>
    );
  }
  if (system.isPending) return <Placeholder label="Loading how Sentinel is doing" rows={8} rowHeight={56} />;
  if (system.error instanceof ApiError && system.error.status === 403) {
    return (
      <EmptyState whole title="You may not see how Sentinel is doing">
        <p>{system.error.message} An admin can give you a role that may.</p>
      </EmptyState>
    );
  }
  return (
    <ErrorState
      whole
      title="How Sentinel is doing cannot be shown"
      detail={system.error.message}
      onRetry={() => system.refetch()}
    />
  );
}

function HealthView({ system }: { system: System }): ReactNode {
  const nowMs = useNow();
  const parts = useMemo(() => healthParts(system, nowMs), [system, nowMs]);
  return (
    <>
      <Headline
        {...healthSentence(system, parts)}
        method="As the database and this db-api know it, asked anew every 5 s."
      />
      <PartList parts={parts} />
      <Rejections />
      <SlowRequests requests={system.slow_requests} />
    </>
  );
}
