import { Modal } from '@mantine/core';
import { useMemo, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Field } from '../../components/Field';
import { StatusLight } from '../../components/StatusLight';
import { useRange } from '../../state/urlState';
import { useAgents } from '../../state/useAgents';
import { useViews } from '../../state/views';
import { jumpTargets, matchTargets, type JumpTarget } from './jumpTargets';
import styles from './JumpDialog.module.css';

export interface JumpDialogProps {
  onClose: () => void;
}

function useTargets(text: string): JumpTarget[] {
  const { range, usual } = useRange();
  const agents = useAgents().data?.agents;
  const views = useViews(true).data;
  const targets = useMemo(
    () => jumpTargets(agents ?? [], views ?? [], { range, usual }),
    [agents, views, range, usual],
  );
  return useMemo(() => matchTargets(targets, text), [targets, text]);
}

/** Type a few letters, press Enter, be there. */
export function JumpDialog({ onClose }: JumpDialogProps): ReactNode {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [, navigate] = useLocation();
  const shown = useTargets(text);
  const go = (target: JumpTarget | undefined): void => {
    if (!target) return;
    navigate(target.address);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setChosen(Math.min(chosen + 1, shown.length - 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(chosen - 1, 0));
    else if (event.key === 'Enter') go(shown[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size={480}
      // Mantine names a dialog by its title alone: a label given to the Modal lands on a box around it.
      title="Go to"
      classNames={{ header: 'visually-hidden' }}
    >
      <Field
        label="Go to an agent, a view or a page"
        hideLabel
        placeholder="Go to…"
        role="combobox"
        aria-expanded
        aria-controls="jump-targets"
        aria-activedescendant={shown[chosen] ? `jump-${chosen}` : undefined}
        data-autofocus
        value={text}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
      />
      <div id="jump-targets" role="listbox" aria-label="Places" className={styles.list}>
        {shown.map((target, index) => (
          <div
            key={target.key}
            id={`jump-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={styles.target}
            onPointerMove={() => setChosen(index)}
            onClick={() => go(target)}
          >
            {target.status && <StatusLight status={target.status} hideWord />}
            <span className={styles.name}>{target.name}</span>
            <span className={styles.kind}>{target.kind}</span>
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className={styles.none}>Nothing of that name.</p>}
    </Modal>
  );
}
