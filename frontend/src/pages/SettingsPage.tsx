import type { ReactNode } from 'react';
import { Segmented } from '../components/Segmented';
import { useViewParams } from '../state/urlState';
import { AgentsPart } from './settings/AgentsPart';
import { KeysPart } from './settings/KeysPart';
import { MinePart } from './settings/MinePart';
import { PricesPart } from './settings/PricesPart';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './settings/Settings.module.css';

type Part = 'mine' | 'agents' | 'prices' | 'keys';

const PARTS: readonly { value: Part; words: string }[] = [
  { value: 'mine', words: 'Mine' },
  { value: 'agents', words: 'Agents' },
  { value: 'prices', words: 'Prices' },
  { value: 'keys', words: 'Keys' },
];

/** What is set once: how I like it, agents, prices of models and keys of programs. In the address: `part=prices`. */
export function SettingsPage(): ReactNode {
  useDocumentTitle('Settings', 0);
  const { params, change } = useViewParams();
  const part = PARTS.find(({ value }) => value === params.get('part'))?.value ?? 'mine';
  return (
    <>
      <div className={styles.head}>
        <h1 className={styles.title}>Settings</h1>
        <Segmented
          label="Part of the settings"
          options={PARTS}
          value={part}
          onChange={(next) =>
            change({ part: next === 'mine' ? null : next, model: null, provider: null }, 'push')
          }
        />
      </div>
      {part === 'mine' && <MinePart />}
      {part === 'agents' && <AgentsPart />}
      {part === 'prices' && <PricesPart key={params.toString()} />}
      {part === 'keys' && <KeysPart />}
    </>
  );
}
