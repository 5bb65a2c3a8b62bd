import { useState, type ReactNode } from 'react';
import { CopyBlock } from '../components/CopyBlock';
import { Field } from '../components/Field';
import { Segmented } from '../components/Segmented';
import { useViewParams } from '../state/urlState';
import { FirstRecord } from './connect/FirstRecord';
import { KeyMaker } from './connect/KeyMaker';
import { KEY_BLANK, readSender, SENDERS } from './connect/senders';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './ConnectPage.module.css';

const USUAL_NAME = 'my-agent';

/** From nothing to the first record: what sends, a key, lines to paste, and whether it came. */
export function ConnectPage(): ReactNode {
  useDocumentTitle('Connect an agent', 0);
  const { params, change } = useViewParams();
  const sender = readSender(params);
  const [agent, setAgent] = useState(USUAL_NAME);
  // A key is for one name: with another name, or another reach, it is another key.
  const reach = sender.ownKey ? agent.trim() : '';
  const [made, setMade] = useState<{ reach: string; token: string } | null>(null);
  const token = made?.reach === reach ? made.token : null;
  const { origin } = window.location;
  const place = { origin, agent: agent.trim(), key: token ?? KEY_BLANK };
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>Connect an agent</h1>
      <ol className={styles.steps}>
        <li className={styles.step}>
          <h2>What sends</h2>
          <div className={styles.senders}>
            <Segmented
              label="What sends"
              options={SENDERS}
              value={sender.value}
              onChange={(value) => change({ with: value === SENDERS[0].value ? null : value }, 'replace')}
            />
          </div>
          <div className={styles.name}>
            <Field
              label="Name of the agent"
              value={agent}
              maxLength={200}
              spellCheck={false}
              problem={agent.trim() === '' ? 'An agent needs a name.' : null}
              onChange={(event) => setAgent(event.target.value)}
            />
          </div>
        </li>
        <li className={styles.step}>
          <h2>A key</h2>
          <KeyMaker
            key={sender.value}
            agent={agent.trim()}
            sender={sender}
            token={token}
            onMade={(next) => setMade({ reach, token: next })}
          />
        </li>
        <li className={styles.step}>
          <h2>Lines to paste</h2>
          {sender.blocks(place).map((block) => (
            <div key={block.words} className={styles.block}>
              <p className={styles.note}>{block.words}:</p>
              <CopyBlock key={block.text} label={block.words} text={block.text} />
            </div>
          ))}
          {sender.note !== undefined && <p className={styles.note}>{sender.note}</p>}
        </li>
      </ol>
      <FirstRecord agent={agent.trim()} />
    </div>
  );
}
