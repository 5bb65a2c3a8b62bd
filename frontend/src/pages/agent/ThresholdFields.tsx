import { Fragment, type ReactNode } from 'react';
import { Field } from '../../components/Field';
import styles from '../dialog.module.css';
import { THRESHOLD_METRICS, type Draft } from './configurationDraft';

export interface ThresholdFieldsProps {
  thresholds: Draft['thresholds'];
  disabled: boolean;
  onChange: (thresholds: Draft['thresholds']) => void;
}

const LEVELS = ['warn', 'critical'] as const;

/** A pair of limits a metric; empty means none. */
export function ThresholdFields({ thresholds, disabled, onChange }: ThresholdFieldsProps): ReactNode {
  return (
    <div className={styles.grid} role="group" aria-label="Thresholds">
      <span className={styles.head}>Thresholds</span>
      <span className={styles.head}>Warn above</span>
      <span className={styles.head}>Critical above</span>
      {THRESHOLD_METRICS.map((info) => {
        const pair = thresholds[info.name] ?? { warn: '', critical: '' };
        return (
          <Fragment key={info.name}>
            <span>{info.title}</span>
            {LEVELS.map((level) => (
              <Field
                key={level}
                label={`${info.title} ${level}`}
                hideLabel
                inputMode="decimal"
                unit={info.unit}
                value={pair[level]}
                disabled={disabled}
                onChange={(event) =>
                  onChange({ ...thresholds, [info.name]: { ...pair, [level]: event.target.value } })
                }
              />
            ))}
          </Fragment>
        );
      })}
    </div>
  );
}
