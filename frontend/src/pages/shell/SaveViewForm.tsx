import { useState, type SubmitEvent, type ReactNode } from 'react';
import { useSearch } from 'wouter';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { useSaveView } from '../../state/views';
import styles from './ViewsMenu.module.css';

/** Keeps the address of the page under a name. */
export function SaveViewForm(): ReactNode {
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
