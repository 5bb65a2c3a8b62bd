import { Modal } from '@mantine/core';
import { Fragment, useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import type { Agent } from '../../services/types';
import { useReviseAgent } from '../../state/useReviseAgent';
import dialog from '../dialog.module.css';
import { agentChange, MOST_LABELS, nextLabel, toAgentDraft, type LabelDraft } from './agentDraft';
import styles from './AgentDialog.module.css';

export interface AgentDialogProps {
  agent: Agent;
  onClose: () => void;
}

/** What an agent is for, and the labels by which agents are grouped. For editors and admins. */
export function AgentDialog({ agent, onClose }: AgentDialogProps): ReactNode {
  // What it was as the form was opened: only what differs from that is sent.
  const [before] = useState(agent);
  const [draft, setDraft] = useState(() => toAgentDraft(agent));
  const [problem, setProblem] = useState<string | null>(null);
  const save = useReviseAgent(agent.name);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const result = agentChange(draft, before);
    setProblem('problem' in result ? result.problem : null);
    if ('problem' in result) return;
    if (Object.keys(result.change).length === 0) onClose();
    else save.mutate(result.change, { onSuccess: onClose });
  };
  const wrong = problem ?? save.error?.message;
  return (
    <Modal opened onClose={onClose} title={`Describe ${agent.name}`} size={480}>
      <form className={dialog.form} onSubmit={submit}>
        <Field
          label="What it is for"
          value={draft.description}
          maxLength={2000}
          data-autofocus
          onChange={(event) => setDraft({ ...draft, description: event.target.value })}
        />
        <LabelFields labels={draft.labels} onChange={(labels) => setDraft({ ...draft, labels })} />
        <div>
          <Button
            look="quiet"
            className={styles.add}
            disabled={draft.labels.length >= MOST_LABELS}
            onClick={() => setDraft({ ...draft, labels: [...draft.labels, nextLabel(draft)] })}
          >
            Add a label
          </Button>
        </div>
        {wrong && (
          <p className={dialog.problem} role="alert">
            {wrong}
          </p>
        )}
        <div className={dialog.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}

interface LabelFieldsProps {
  labels: readonly LabelDraft[];
  onChange: (labels: readonly LabelDraft[]) => void;
}

function LabelFields({ labels, onChange }: LabelFieldsProps): ReactNode {
  const change = (id: number, part: Partial<LabelDraft>): void =>
    onChange(labels.map((label) => (label.id === id ? { ...label, ...part } : label)));
  return (
    <div className={styles.labels} role="group" aria-label="Labels">
      <span className={styles.head}>Label</span>
      <span className={styles.head}>Value</span>
      <span />
      {labels.length === 0 && <span>No label yet.</span>}
      {labels.map(({ id, name, value }, index) => (
        <Fragment key={id}>
          <Field
            label={`Name of label ${index + 1}`}
            hideLabel
            placeholder="team"
            maxLength={100}
            spellCheck={false}
            value={name}
            onChange={(event) => change(id, { name: event.target.value })}
          />
          <Field
            label={`Value of label ${index + 1}`}
            hideLabel
            placeholder="search"
            maxLength={200}
            spellCheck={false}
            value={value}
            onChange={(event) => change(id, { value: event.target.value })}
          />
          <Button
            look="quiet"
            aria-label={`Remove label ${name === '' ? index + 1 : name}`}
            onClick={() => onChange(labels.filter((label) => label.id !== id))}
          >
            Remove
          </Button>
        </Fragment>
      ))}
    </div>
  );
}
