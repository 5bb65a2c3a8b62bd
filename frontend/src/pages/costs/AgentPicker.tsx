import { Popover } from '@mantine/core';
import { useId, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import styles from './AgentPicker.module.css';

export interface AgentPickerProps {
  /** Every agent's name. */
  names: readonly string[];
  chosen: readonly string[];
  /** On the button that takes the choice back. */
  clearWords?: string;
  /** Whether one may be named that has not sent yet. */
  allowNew?: boolean;
  onChange: (chosen: readonly string[]) => void;
}

function wordsOf(chosen: readonly string[]): string {
  if (chosen.length === 0) return 'All agents';
  return chosen.length === 1 ? (chosen[0] ?? '') : `${chosen.length} agents`;
}

/** Which agents are counted: none chosen is all. */
export function AgentPicker(props: AgentPickerProps): ReactNode {
  const { chosen, clearWords = 'Clear filter', onChange } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus withinPortal>
        <Popover.Target>
          <Button onClick={() => setOpen(!open)}>
            {wordsOf(chosen)} <span aria-hidden="true">▾</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Choices {...props} />
        </Popover.Dropdown>
      </Popover>
      {chosen.length > 0 && (
        <Button look="quiet" onClick={() => onChange([])}>
          {clearWords}
        </Button>
      )}
    </>
  );
}

function Choices({ names, chosen, allowNew = false, onChange }: AgentPickerProps): ReactNode {
  const [text, setText] = useState('');
  const id = useId();
  // A name of the address that no agent has stays in sight: it is why nothing is shown.
  const all = [...new Set([...chosen, ...names])];
  const shown = all.filter((name) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const typed = text.trim();
  const isNew = allowNew && typed !== '' && !all.includes(typed);
  const toggle = (name: string): void =>
    onChange(chosen.includes(name) ? chosen.filter((item) => item !== name) : [...chosen, name]);
  return (
    <div className={styles.picker}>
      <Field
        label="Find an agent"
        hideLabel
        type="search"
        placeholder="Find an agent"
        data-autofocus
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className={styles.list} role="group" aria-label="Agents">
        {shown.map((name, index) => (
          <label key={name} className={styles.choice} htmlFor={`${id}-${index}`}>
            <input
              id={`${id}-${index}`}
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={() => toggle(name)}
            />
            <span className={styles.name}>{name}</span>
          </label>
        ))}
        {shown.length === 0 && !isNew && <p className={styles.none}>No agent of that name.</p>}
        {isNew && (
          <Button look="quiet" onClick={() => toggle(typed)}>
            Add “{typed}”, which has not sent yet
          </Button>
        )}
      </div>
    </div>
  );
}
