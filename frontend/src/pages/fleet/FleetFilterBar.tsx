import { Menu } from '@mantine/core';
import { useRef, type ReactNode } from 'react';
import { MenuButton } from '../../components/MenuButton';
import { Field } from '../../components/Field';
import { StatusLight } from '../../components/StatusLight';
import type { Status, Totals } from '../../services/types';
import { useViewParams } from '../../state/urlState';
import { useKey } from '../../state/useHotkey';
import { columnsText, FLEET_COLUMNS, type FleetColumn } from './fleetColumns';
import { STATUSES, type FleetFilter } from './fleetRows';
import styles from './FleetFilterBar.module.css';

export interface FleetFilterBarProps {
  totals: Totals;
  filter: FleetFilter;
  shown: number;
  /** Labels that agents have. */
  labels: readonly string[];
  groupBy: string | null;
  columns: readonly FleetColumn[];
}

/** Search by name, host or label; and one switch a status that occurs. `/` puts the cursor into the search. */
export function FleetFilterBar(props: FleetFilterBarProps): ReactNode {
  const { totals, filter, shown, labels, groupBy, columns } = props;
  const { change } = useViewParams();
  const box = useRef<HTMLDivElement>(null);
  useKey('/', () => box.current?.querySelector('input')?.focus());
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
      <div className={styles.group}>
        {labels.length > 0 && <GroupMenu labels={labels} groupBy={groupBy} />}
        <ColumnMenu columns={columns} />
      </div>
      <span className="visually-hidden" role="status">
        {shown} agents shown
      </span>
    </div>
  );
}

type GroupMenuProps = Pick<FleetFilterBarProps, 'labels' | 'groupBy'>;

/** Rows by a label, or as they are. */
function GroupMenu({ labels, groupBy }: GroupMenuProps): ReactNode {
  const { change } = useViewParams();
  return (
    <Menu>
      <Menu.Target>
        <MenuButton look="quiet">{groupBy === null ? 'Group' : `By ${groupBy}`}</MenuButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={groupBy ?? ''} onChange={(label) => change({ group: label }, 'replace')}>
          <Menu.RadioItem value="" closeMenuOnClick>
            No groups
          </Menu.RadioItem>
          {labels.map((label) => (
            <Menu.RadioItem key={label} value={label} closeMenuOnClick>
              By {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Which columns the table has. */
function ColumnMenu({ columns }: Pick<FleetFilterBarProps, 'columns'>): ReactNode {
  const { change } = useViewParams();
  const ids = columns.map((column) => column.id);
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <MenuButton look="quiet">Columns</MenuButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.CheckboxGroup
          value={ids}
          onChange={(chosen) => change({ cols: columnsText(chosen) }, 'replace')}
        >
          {FLEET_COLUMNS.map((column) => (
            <Menu.CheckboxItem key={column.id} value={column.id}>
              {column.title}
            </Menu.CheckboxItem>
          ))}
        </Menu.CheckboxGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
