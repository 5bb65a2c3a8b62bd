import { useState, type SubmitEvent, type ReactNode } from 'react';
import { RANGE_PRESETS, checkRange, settleRange, type RangeProblem, type RangeText } from '../utils/range';
import { Button } from './Button';
import { Field } from './Field';
import styles from './RangeForm.module.css';

export interface RangeFormProps {
  range: RangeText;
  onChoose: (range: RangeText) => void;
}

/** Presets on one side, typed times on the other. */
export function RangeForm({ range, onChoose }: RangeFormProps): ReactNode {
  const [start, setStart] = useState(range.start);
  const [end, setEnd] = useState(range.end);
  const [problem, setProblem] = useState<RangeProblem | null>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const nowMs = Date.now();
    setProblem(checkRange({ start, end }, nowMs));
    const wanted = settleRange({ start, end }, nowMs);
    if (wanted) onChoose(wanted);
  };
  return (
    <div className={styles.form}>
      <ul className={styles.list}>
        {RANGE_PRESETS.map((preset) => (
          <li key={preset.start}>
            <button
              type="button"
              className={styles.preset}
              onClick={() => onChoose({ start: preset.start, end: 'now' })}
            >
              {preset.words}
            </button>
          </li>
        ))}
      </ul>
      <form className={styles.fields} onSubmit={submit}>
        <Field
          label="From"
          value={start}
          spellCheck={false}
          data-autofocus
          problem={problem?.field === 'start' ? problem.message : null}
          onChange={(event) => setStart(event.target.value)}
        />
        <Field
          label="To"
          value={end}
          spellCheck={false}
          problem={problem?.field === 'end' ? problem.message : null}
          onChange={(event) => setEnd(event.target.value)}
        />
        <p className={styles.hint}>
          <code>now-6h</code>, <code>now-1d/d</code> or <code>2025-11-30 14:00</code>. Units s m h d w.
        </p>
        <Button type="submit" look="primary">
          Show
        </Button>
      </form>
    </div>
  );
}
