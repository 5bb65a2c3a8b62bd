import type { ReactNode } from 'react';
import { CopyBlock } from '../../components/CopyBlock';
import { EmptyState } from '../../components/EmptyState';

export interface NoCostsProps {
  /** Nothing cost anything this month either: perhaps nobody sends what a cost is made of. */
  everNothing: boolean;
}

function record(origin: string): string {
  return [
    `curl ${origin}/api/v1/metrics \\`,
    `  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\`,
    `  -d '{"agent_id": "my-agent", "model": "gpt-5", "input_tokens": 1200, "output_tokens": 250}'`,
  ].join('\n');
}

/** No requests in the range: where costs come from, or that another range has them. */
export function NoCosts({ everNothing }: NoCostsProps): ReactNode {
  if (!everNothing) {
    return (
      <EmptyState title="Nothing was spent in this range">
        <p>Choose a longer range, or clear the filter.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No request has a cost yet">
      <p>
        A request has a cost once its agent sends <code>cost_usd</code>, or a <code>model</code> with its
        tokens:
      </p>
      <CopyBlock label="Command that sends a request" text={record(window.location.origin)} />
    </EmptyState>
  );
}
