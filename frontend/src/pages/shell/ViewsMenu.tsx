import { Popover } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { useViews, viewAddress } from '../../state/views';
import { SaveViewForm } from './SaveViewForm';
import styles from './ViewsMenu.module.css';

/** Saved addresses of pages with their state: open one, or save what is on screen. */
export function ViewsMenu(): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button look="quiet" onClick={() => setOpen(!open)}>
          Views <span aria-hidden="true">▾</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.menu}>
          <ViewList onOpen={() => setOpen(false)} />
          <SaveViewForm />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ViewListProps {
  onOpen: () => void;
}

function ViewList({ onOpen }: ViewListProps): ReactNode {
  const views = useViews(true);
  if (views.isPending) return <p className={styles.note}>Loading…</p>;
  if (views.isError) return <p className={styles.note}>{views.error.message}</p>;
  if (views.data.length === 0) return <p className={styles.note}>No saved views yet.</p>;
  return (
    <ul className={styles.list}>
      {views.data.map((view) => (
        <li key={view.name}>
          <Link href={viewAddress(view)} className={styles.view} onClick={onOpen}>
            {view.name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
