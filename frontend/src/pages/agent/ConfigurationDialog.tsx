import { Modal } from '@mantine/core';
import { useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import type { Configuration } from '../../services/types';
import { useConfiguration, useSaveConfiguration } from '../../state/configuration';
import { serverNow } from '../../state/clock';
import { canEdit, useMe } from '../../state/session';
import { formatMoment } from '../../utils/timeText';
import styles from '../dialog.module.css';
import { fromDraft, toDraft, type Draft } from './configurationDraft';
import { ThresholdFields } from './ThresholdFields';

export interface ConfigurationDialogProps {
  /** Its name; null is the fleet. */
  agent: string | null;
  onClose: () => void;
}

/** How an agent is collected and judged. Everybody may read it; editors and admins may change it. */
export function ConfigurationDialog({ agent, onClose }: ConfigurationDialogProps): ReactNode {
  const configuration = useConfiguration(agent, { askAnew: true });
  // What the page knew before it was opened may be a minute old: saved back, it would undo a colleague's change.
  const [knownMs] = useState(configuration.dataUpdatedAt);
  const current = configuration.dataUpdatedAt > knownMs ? configuration.data : undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      title={agent === null ? 'Configuration of the fleet' : `Configuration of ${agent}`}
      size={480}
    >
      {!current && !configuration.isError && <p role="status">Loading…</p>}
      {configuration.isError && (
        <p className={styles.problem} role="alert">
          {configuration.error.message}
        </p>
      )}
      {current && <Versions agent={agent} configuration={current} onClose={onClose} />}
    </Modal>
  );
}

interface ConfigurationFormProps extends ConfigurationDialogProps {
  configuration: Configuration;
}

function versionOf(configuration: Configuration): string {
  return `${configuration.agent_id ?? 'fleet'} ${configuration.version}`;
}

/** A new version begins a new form: what was typed belongs to values that are no longer in force. */
function Versions({ agent, configuration, onClose }: ConfigurationFormProps): ReactNode {
  const version = versionOf(configuration);
  const [first] = useState(version);
  return (
    <>
      {version !== first && (
        <p className={styles.note} role="status">
          {configuration.created_by} changed it meanwhile: this is what is in force now.
        </p>
      )}
      <ConfigurationForm key={version} agent={agent} configuration={configuration} onClose={onClose} />
    </>
  );
}

function originOf(configuration: Configuration): string {
  const whose =
    configuration.agent_id === null ? 'The fleet’s configuration' : 'This agent’s own configuration';
  const when = formatMoment(Date.parse(configuration.created_at), serverNow());
  return `${whose}, version ${configuration.version}, by ${configuration.created_by}, ${when}.`;
}

function ConfigurationForm({ agent, configuration, onClose }: ConfigurationFormProps): ReactNode {
  const editable = canEdit(useMe().data);
  const [draft, setDraft] = useState<Draft>(() => toDraft(configuration));
  const [problem, setProblem] = useState<string | null>(null);
  const save = useSaveConfiguration(agent);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const result = fromDraft(draft, configuration);
    setProblem('problem' in result ? result.problem : null);
    if ('change' in result) save.mutate(result.change, { onSuccess: onClose });
  };
  const wrong = problem ?? save.error?.message;
  return (
    <form className={styles.form} onSubmit={submit}>
      <p className={styles.note}>
        {originOf(configuration)} {!editable && 'Editors and admins can change it.'}
      </p>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={draft.enabled}
          disabled={!editable}
          onChange={(event) => setDraft({ ...draft, enabled: event.target.checked })}
        />
        {agent === null ? 'Collect agents' : 'Collect this agent'}
      </label>
      <Field
        label="Interval between samples"
        unit="seconds"
        inputMode="decimal"
        value={draft.interval}
        disabled={!editable}
        onChange={(event) => setDraft({ ...draft, interval: event.target.value })}
      />
      <Field
        label="Keep records for"
        hint="At least: of all agents the longest time counts. Sums stay for years."
        unit="days"
        inputMode="numeric"
        value={draft.retention}
        disabled={!editable}
        onChange={(event) => setDraft({ ...draft, retention: event.target.value })}
      />
      <ThresholdFields
        thresholds={draft.thresholds}
        disabled={!editable}
        onChange={(thresholds) => setDraft({ ...draft, thresholds })}
      />
      {wrong && (
        <p className={styles.problem} role="alert">
          {wrong}
        </p>
      )}
      <div className={styles.actions}>
        <Button onClick={onClose}>{editable ? 'Cancel' : 'Close'}</Button>
        {editable && (
          <Button type="submit" look="primary" disabled={save.isPending}>
            Save
          </Button>
        )}
      </div>
    </form>
  );
}
