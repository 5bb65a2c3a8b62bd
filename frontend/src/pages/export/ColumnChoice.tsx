import type { ReactNode } from 'react';
import { Button } from '../../components/Button';
import { ALL_COLUMNS, COLUMN_GROUPS, type ColumnGroup } from './exportColumns';
import styles from './ColumnChoice.module.css';

export interface ColumnChoiceProps {
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

/** What the file has of each record, in sight at once. */
export function ColumnChoice({ chosen, onChange }: ColumnChoiceProps): ReactNode {
  const whole = chosen.length === ALL_COLUMNS.length;
  return (
    <>
      <p className={styles.count}>
        {whole ? `All ${ALL_COLUMNS.length}` : `${chosen.length} of ${ALL_COLUMNS.length}`}
        {!whole && (
          <Button look="quiet" onClick={() => onChange(ALL_COLUMNS)}>
            Choose all
          </Button>
        )}
      </p>
      <div className={styles.groups}>
        {COLUMN_GROUPS.map((group) => (
          <Group key={group.title} group={group} chosen={chosen} onChange={onChange} />
        ))}
      </div>
    </>
  );
}

interface GroupProps extends ColumnChoiceProps {
  group: ColumnGroup;
}

function Group({ group, chosen, onChange }: GroupProps): ReactNode {
  const here = group.columns.filter((column) => chosen.includes(column));
  const all = here.length === group.columns.length;
  const without = chosen.filter((column) => !group.columns.includes(column));
  return (
    <fieldset className={styles.group}>
      <legend className="visually-hidden">{group.title}</legend>
      <label className={styles.head}>
        <input
          type="checkbox"
          checked={all}
          ref={(box) => {
            if (box) box.indeterminate = !all && here.length > 0;
          }}
          // A file without any column is none.
          disabled={all && without.length === 0}
          onChange={() => onChange(all ? without : [...without, ...group.columns])}
        />
        {group.title}
      </label>
      {group.columns.map((column) => {
        const on = chosen.includes(column);
        return (
          <label key={column} className={styles.column}>
            <input
              type="checkbox"
              checked={on}
              disabled={on && chosen.length === 1}
              onChange={() => onChange(on ? chosen.filter((item) => item !== column) : [...chosen, column])}
            />
            <code>{column}</code>
          </label>
        );
      })}
    </fieldset>
  );
}
