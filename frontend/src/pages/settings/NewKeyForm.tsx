import { useMemo, useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { CopyBlock } from '../../components/CopyBlock';
import { Field } from '../../components/Field';
import { Segmented } from '../../components/Segmented';
import { serverNow } from '../../state/clock';
import { useCreateKey } from '../../state/keys';
import { useAgents } from '../../state/useAgents';
import { AgentPicker } from '../costs/AgentPicker';
import { EMPTY_KEY, keyFromDraft, type KeyDraft, type Scope } from './keyDraft';
import styles from './Settings.module.css';

const SCOPES: readonly { value: Scope; words: string }[] = [
  { value: 'ingest', words: 'Writes records' },
  { value: 'read', words: 'Reads' },
  { value: 'admin', words: 'Does everything' },
];

/** Makes a key; what it is, is shown here until the page is left, and never again. */
export function NewKeyForm(): ReactNode {
  const [draft, setDraft] = useState(EMPTY_KEY);
  const [problem, setProblem] = useState<string | null>(null);
  const create = useCreateKey();
  const change = (part: Partial<KeyDraft>): void => setDraft({ ...draft, ...part });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const result = keyFromDraft(draft, serverNow());
    setProblem('problem' in result ? result.problem : null);
    if ('key' in result) create.mutate(result.key, { onSuccess: () => change({ name: '' }) });
  };
  const wrong = problem ?? create.error?.message;
  return (
    <>
      <form onSubmit={submit} aria-label="Make a key">
        <div className={styles.form}>
          <Field
            label="Name of a new key"
            value={draft.name}
            maxLength={200}
            onChange={(event) => change({ name: event.target.value })}
          />
          <Segmented
            label="What the key may do"
            options={SCOPES}
            value={draft.scope}
            onChange={(scope) => change({ scope })}
          />
          {draft.scope === 'ingest' && <Reach draft={draft} onChange={change} />}
          <Field
            label="Last day (empty: never ends)"
            type="date"
            value={draft.lastDay}
            onChange={(event) => change({ lastDay: event.target.value })}
          />
          <Button type="submit" look="primary" disabled={draft.name.trim() === '' || create.isPending}>
            Make a key
          </Button>
        </div>
        {wrong && (
          <p className={styles.problem} role="alert">
            {wrong}
          </p>
        )}
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

interface ReachProps {
  draft: KeyDraft;
  onChange: (part: Partial<KeyDraft>) => void;
}

/** For whom a key writes, and how much. */
function Reach({ draft, onChange }: ReachProps): ReactNode {
  const agents = useAgents().data?.agents;
  const names = useMemo(() => (agents ?? []).map((agent) => agent.name), [agents]);
  return (
    <>
      <div className={styles.choice} role="group" aria-label="Writes for">
        <span aria-hidden="true">Writes for</span>
        <div>
          <AgentPicker
            names={names}
            chosen={draft.agents}
            clearWords="All agents"
            allowNew
            onChange={(chosen) => onChange({ agents: chosen })}
          />
        </div>
      </div>
      <Field
        label="Records a second (0: any)"
        placeholder="Default"
        inputMode="numeric"
        unit="/s"
        value={draft.rate}
        onChange={(event) => onChange({ rate: event.target.value })}
      />
    </>
  );
}
