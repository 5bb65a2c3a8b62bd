import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import type { Agent } from '../../services/types';

const ConfigurationDialog = lazy(() =>
  import('./ConfigurationDialog').then((module) => ({ default: module.ConfigurationDialog })),
);

export interface ConfigureButtonProps {
  agent: Agent;
}

export function ConfigureButton({ agent }: ConfigureButtonProps): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Configure</Button>
      {open && (
        <Suspense fallback={null}>
          <ConfigurationDialog agent={agent.name} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
