import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import type { Agent } from '../../services/types';

const AgentDialog = lazy(() => import('./AgentDialog').then((module) => ({ default: module.AgentDialog })));

export interface DescribeButtonProps {
  agent: Agent;
  look?: 'plain' | 'quiet';
  /** Names the agent too, where there are many such buttons. */
  label?: string;
}

/** Opens what an agent is for and its labels. */
export function DescribeButton({ agent, look = 'plain', label }: DescribeButtonProps): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look={look} aria-label={label} onClick={() => setOpen(true)}>
        Describe
      </Button>
      {open && (
        <Suspense fallback={null}>
          <AgentDialog agent={agent} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
