import type { ReactNode } from 'react';
import { CopyBlock } from '../../components/CopyBlock';
import { EmptyState } from '../../components/EmptyState';

const KEY = 'sentinel keys create --name my-agent --scope ingest';

function firstRecord(origin: string): string {
  return [
    `curl ${origin}/api/v1/metrics \\`,
    `  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\`,
    `  -d '{"agent_id": "my-agent", "timestamp": "'$(date -u +%FT%TZ)'", "latency_ms": 120, "cost_usd": 0.002}'`,
  ].join('\n');
}

/** A fleet without agents: how to get the first one. The stream brings it as soon as it reports. */
export function FirstAgent(): ReactNode {
  return (
    <EmptyState title="No agent has reported yet">
      <p>An agent appears here with its first record. Make a key for it:</p>
      <CopyBlock label="Command that makes a key" text={KEY} />
      <p>Put the key into KEY and send a record:</p>
      <CopyBlock label="Command that sends a record" text={firstRecord(window.location.origin)} />
      <p role="status">Waiting for the first record…</p>
    </EmptyState>
  );
}
