import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { useHotkey } from '../../state/useHotkey';

const JumpDialog = lazy(() => import('./JumpDialog').then((module) => ({ default: module.JumpDialog })));

/** Opens the palette; so does Ctrl-K. */
export function JumpButton(): ReactNode {
  const [open, setOpen] = useState(false);
  useHotkey('k', () => setOpen(true));
  return (
    <>
      <Button look="quiet" title="Go to an agent, a view or a page (Ctrl-K)" onClick={() => setOpen(true)}>
        Go to…
      </Button>
      {open && (
        <Suspense fallback={null}>
          <JumpDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
