import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../../components/EmptyState';
import { CONNECT_PATH } from '../../state/urlState';

/** A fleet without agents: where the first one comes from. The stream brings it as soon as it reports. */
export function FirstAgent(): ReactNode {
  return (
    <EmptyState whole title="No agent has reported yet">
      <p>
        An agent appears here with its first record: from curl, an OpenTelemetry SDK, Claude Code, Codex,
        Gemini CLI or the collector.
      </p>
      <Link href={CONNECT_PATH}>Connect an agent</Link>
      <p role="status">Waiting for the first record…</p>
    </EmptyState>
  );
}
