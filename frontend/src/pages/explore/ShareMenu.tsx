import { Popover } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useSearch } from 'wouter';
import { Button } from '../../components/Button';
import { CopyBlock } from '../../components/CopyBlock';
import { useRange } from '../../state/urlState';
import { SaveViewForm } from '../shell/SaveViewForm';
import styles from './ShareMenu.module.css';

/** The link to exactly this view, and a name for it among my views. */
export function ShareMenu(): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button onClick={() => setOpen(!open)}>
          Share, save <span aria-hidden="true">▾</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.menu}>
          <ShareLink />
          <SaveViewForm />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function ShareLink(): ReactNode {
  // Another choice is another address.
  useSearch();
  const { range } = useRange();
  return (
    <div className={styles.link}>
      <CopyBlock label="Link to this view" text={window.location.href} />
      <p className={styles.note}>
        {range.end === 'now'
          ? 'The link moves with the clock: who opens it sees the same length of time until then.'
          : 'Who opens the link sees the same time.'}
      </p>
    </div>
  );
}
