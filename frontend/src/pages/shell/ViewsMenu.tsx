import { Popover } from '@mantine/core';
import { useState, type SubmitEvent, type ReactNode } from 'react';
import { Link, useSearch } from 'wouter';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { useSaveView, useViews, viewAddress } from '../../state/views';
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

function SaveViewForm(): ReactNode {
  const [name, setName] = useState('');
  const search = useSearch();
  const save = useSaveView();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    save.mutate(
      { name: name.trim(), path: window.location.pathname, query: search },
      { onSuccess: () => setName('') },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label="Save this page and range as"
        value={name}
        maxLength={200}
        placeholder="Name of the view"
        problem={save.error?.message}
        hint={save.isSuccess && name === '' ? 'Saved.' : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" look="primary" disabled={name.trim() === '' || save.isPending}>
        Save view
      </Button>
    </form>
  );
}
