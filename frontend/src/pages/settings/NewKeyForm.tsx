import { useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { CopyBlock } from '../../components/CopyBlock';
import { Field } from '../../components/Field';
import { Segmented } from '../../components/Segmented';
import type { NewKey } from '../../services/types';
import { useCreateKey } from '../../state/keys';
import styles from './Settings.module.css';

type Scope = NewKey['scope'];

const SCOPES: readonly { value: Scope; words: string }[] = [
  { value: 'ingest', words: 'Writes records' },
  { value: 'read', words: 'Reads' },
  { value: 'admin', words: 'Does everything' },
];

/** Makes a key; what it is, is shown here until the page is left, and never again. */
export function NewKeyForm(): ReactNode {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('ingest');
  const create = useCreateKey();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    create.mutate({ name: name.trim(), scope }, { onSuccess: () => setName('') });
  };
  return (
    <>
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Name of a new key"
          value={name}
          maxLength={200}
          problem={create.error?.message}
          onChange={(event) => setName(event.target.value)}
        />
        <Segmented label="What the key may do" options={SCOPES} value={scope} onChange={setScope} />
        <Button type="submit" look="primary" disabled={name.trim() === '' || create.isPending}>
          Make a key
        </Button>
      </form>
      {create.data && (
        <div className={styles.made}>
          <p role="status">The key “{create.data.name}” is shown this once: keep it now.</p>
          <CopyBlock key={create.data.key_id} label="The key" text={create.data.token} />
        </div>
      )}
    </>
  );
}
