import { useEffect, useRef, useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Segmented } from '../../components/Segmented';
import { serverNow, useNow } from '../../state/clock';
import { useRange, useViewParams } from '../../state/urlState';
import { formatLength } from '../../utils/format';
import { absoluteRange } from '../../utils/range';
import { formatSpan, formatTyped } from '../../utils/timeText';
import { ExportMenu } from '../ExportMenu';
import { ChangesTable } from './ChangesTable';
import { lookChanges, typedLook, type Look, type LookTab } from './lookWindow';
import { RequestTable } from './RequestTable';
import styles from './LookSection.module.css';

export interface LookSectionProps {
  /** Names; none means all agents. */
  agents: readonly string[];
  look: Look;
}

const TABS: readonly { value: LookTab; words: string }[] = [
  { value: 'changes', words: 'What changed' },
  { value: 'requests', words: 'Requests' },
];

/** A part of time, looked into: what moved in it, and the very requests behind a point. */
export function LookSection({ agents, look }: LookSectionProps): ReactNode {
  const { change } = useViewParams();
  const { setRange } = useRange();
  const nowMs = useNow();
  const { startMs, endMs, tab } = look;
  const question = { agents, startMs, endMs };
  const ref = useShown(startMs, endMs);
  return (
    <section className={styles.section} aria-labelledby="look-title" ref={ref}>
      <div className={styles.head}>
        <h2 id="look-title" className={styles.title}>
          {formatSpan(startMs, endMs, nowMs)}
          <span className={styles.length}>{formatLength(endMs - startMs)}</span>
        </h2>
        <Segmented
          label="Look at"
          options={TABS}
          value={tab}
          onChange={(next) => change(lookChanges(look, next), 'replace')}
        />
        <WindowForm key={`${startMs} ${endMs}`} look={look} />
        <div className={styles.actions}>
          <Button look="quiet" onClick={() => setRange(absoluteRange(startMs, endMs))}>
            Zoom in
          </Button>
          <ExportMenu agents={agents.length === 0 ? null : agents} range={absoluteRange(startMs, endMs)} />
          <Button
            look="quiet"
            aria-label="Close what is looked into"
            onClick={() => change({ ...lookChanges(null, tab), order: null, failed: null }, 'replace')}
          >
            Close
          </Button>
        </div>
      </div>
      {tab === 'changes' ? <ChangesTable question={question} /> : <RequestTable question={question} />}
    </section>
  );
}

/** A window that was just chosen comes into sight: it is chosen on charts that may fill the screen. */
function useShown(startMs: number, endMs: number) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'nearest' });
  }, [startMs, endMs]);
  return ref;
}

/** The window in typed times, for those who do not drag. */
function WindowForm({ look }: Pick<LookSectionProps, 'look'>): ReactNode {
  const { change } = useViewParams();
  const [start, setStart] = useState(() => formatTyped(look.startMs));
  const [end, setEnd] = useState(() => formatTyped(look.endMs));
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const span = typedLook({ start, end }, serverNow());
    setWrong(span === null);
    if (span) change(lookChanges(span, look.tab), 'replace');
  };
  return (
    <form className={styles.window} onSubmit={submit}>
      <Field
        label="From"
        hideLabel
        value={start}
        spellCheck={false}
        problem={wrong ? 'Write two times, the later one second.' : null}
        onChange={(event) => setStart(event.target.value)}
      />
      <span aria-hidden="true">–</span>
      <Field
        label="To"
        hideLabel
        value={end}
        spellCheck={false}
        onChange={(event) => setEnd(event.target.value)}
      />
      <Button type="submit" look="quiet">
        Show
      </Button>
    </form>
  );
}
