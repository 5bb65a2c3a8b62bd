import { useEffect, useRef, type ReactNode } from 'react';
import { Field } from '../../components/Field';
import { StatusLight } from '../../components/StatusLight';
import type { Status, Totals } from '../../services/types';
import { useViewParams } from '../../state/urlState';
import { STATUSES, type FleetFilter } from './fleetRows';
import styles from './FleetFilterBar.module.css';

export interface FleetFilterBarProps {
  totals: Totals;
  filter: FleetFilter;
  shown: number;
}

/** Search by name, host or label; and one switch a status that occurs. `/` puts the cursor into the search. */
export function FleetFilterBar({ totals, filter, shown }: FleetFilterBarProps): ReactNode {
  const { change } = useViewParams();
  const box = useSearchKey();
  const toggle = (status: Status): void => {
    const on = filter.statuses.includes(status);
    const next = on ? filter.statuses.filter((item) => item !== status) : [...filter.statuses, status];
    change({ status: next.join(',') }, 'replace');
  };
  const active = filter.text !== '' || filter.statuses.length > 0;
  return (
    <div className={styles.bar} role="search" ref={box}>
      <div className={styles.search}>
        <Field
          label="Filter agents by name, host or label"
          hideLabel
          type="search"
          placeholder="Filter by name, host or label   /"
          value={filter.text}
          onChange={(event) => change({ q: event.target.value }, 'replace')}
        />
      </div>
      <div className={styles.statuses} role="group" aria-label="Filter by status">
        {STATUSES.filter((status) => totals[status] > 0 || filter.statuses.includes(status)).map((status) => (
          <button
            key={status}
            type="button"
            className={styles.status}
            aria-pressed={filter.statuses.includes(status)}
            onClick={() => toggle(status)}
          >
            <StatusLight status={status} />
            <span className={styles.count}>{totals[status]}</span>
          </button>
        ))}
      </div>
      {active && (
        <button
          type="button"
          className={styles.clear}
          onClick={() => change({ q: null, status: null }, 'replace')}
        >
          Clear filter
        </button>
      )}
      <span className="visually-hidden" role="status">
        {shown} agents shown
      </span>
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}

function useSearchKey() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      box.current?.querySelector('input')?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return box;
}
