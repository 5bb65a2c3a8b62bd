import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';

const ConfigurationDialog = lazy(() =>
  import('./ConfigurationDialog').then((module) => ({ default: module.ConfigurationDialog })),
);

export interface ConfigureButtonProps {
  /** Its name; null is the fleet. */
  agent: string | null;
  words?: string;
  look?: 'plain' | 'quiet';
  /** Names the agent too, where there are many such buttons. */
  label?: string;
}

export function ConfigureButton({
  agent,
  words = 'Configure',
  look = 'plain',
  label,
}: ConfigureButtonProps): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look={look} aria-label={label} onClick={() => setOpen(true)}>
        {words}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <ConfigurationDialog agent={agent} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
