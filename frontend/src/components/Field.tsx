import { useId, type ComponentProps, type ReactNode } from 'react';
import styles from './Field.module.css';

export interface FieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: string | undefined;
  problem?: string | null | undefined;
  unit?: string | undefined;
  hideLabel?: boolean;
}

/** A labelled input; what is wrong stands below it and is read out with it. */
export function Field({ label, hint, problem, unit, hideLabel = false, ...rest }: FieldProps): ReactNode {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : styles.label}>
        {label}
      </label>
      <div className={styles.box}>
        <input
          id={id}
          className={styles.input}
          aria-invalid={problem ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          {...rest}
        />
        {unit !== undefined && <span className={styles.unit}>{unit}</span>}
      </div>
      {note && (
        <p id={`${id}-note`} className={problem ? styles.problem : styles.hint}>
          {note}
        </p>
      )}
    </div>
  );
}
