import { Popover } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { useCustomMetrics } from '../../state/useCustomMetrics';
import type { RangeText } from '../../utils/range';
import {
  addedMetric,
  AGGREGATE_WORDS,
  aggregatesOf,
  AGGREGATES,
  CHOICES,
  CUSTOM,
  metricName,
  withAggregate,
  type Metric,
} from './exploreMetrics';
import { MOST_METRICS } from './exploreQuestion';
import styles from './MetricBar.module.css';

export interface MetricBarProps {
  metrics: readonly Metric[];
  /** The one agent whose custom metrics can be chosen; null where there are none or several. */
  agent: string | null;
  range: RangeText;
  onChange: (texts: readonly string[]) => void;
}

/** What is drawn, one chart each: how its values become one, and the way to more. */
export function MetricBar({ metrics, agent, range, onChange }: MetricBarProps): ReactNode {
  const texts = metrics.map((metric) => metric.text);
  const change = (metric: Metric, text: string): void =>
    onChange(texts.map((item) => (item === metric.text ? text : item)));
  return (
    <div className={styles.bar} role="group" aria-label="Metrics">
      {metrics.map((metric) => (
        <span key={metric.text} className={styles.metric} data-chosen={metric.text}>
          <span className={styles.title}>{metric.info.title}</span>
          <select
            className={styles.aggregate}
            aria-label={`How values of ${metric.info.title} become one`}
            value={metric.aggregate}
            onChange={(event) => {
              const next = AGGREGATES.find((item) => item === event.target.value);
              if (next) change(metric, withAggregate(metric, next));
            }}
          >
            {aggregatesOf(metric).map((aggregate) => (
              <option
                key={aggregate}
                value={aggregate}
                disabled={aggregate !== metric.aggregate && texts.includes(withAggregate(metric, aggregate))}
              >
                {AGGREGATE_WORDS[aggregate]}
              </option>
            ))}
          </select>
          {metrics.length > 1 && (
            <button
              type="button"
              className={styles.remove}
              aria-label={`Remove ${metricName(metric)}`}
              title="Remove"
              onClick={() => onChange(texts.filter((item) => item !== metric.text))}
            >
              ×
            </button>
          )}
        </span>
      ))}
      <AddMetric metrics={metrics} agent={agent} range={range} onAdd={(text) => onChange([...texts, text])} />
    </div>
  );
}

interface AddMetricProps extends Omit<MetricBarProps, 'onChange'> {
  onAdd: (text: string) => void;
}

function AddMetric({ metrics, agent, range, onAdd }: AddMetricProps): ReactNode {
  const [open, setOpen] = useState(false);
  const full = metrics.length >= MOST_METRICS;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus withinPortal>
      <Popover.Target>
        <Button
          disabled={full}
          title={full ? `At most ${MOST_METRICS} charts` : undefined}
          onClick={() => setOpen(!open)}
        >
          Add a metric <span aria-hidden="true">▾</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <MetricList
          metrics={metrics}
          agent={agent}
          range={range}
          onAdd={(text) => {
            setOpen(false);
            onAdd(text);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function holds(title: string, text: string): boolean {
  return title.toLowerCase().includes(text.trim().toLowerCase());
}

function MetricList({ metrics, agent, range, onAdd }: AddMetricProps): ReactNode {
  const [text, setText] = useState('');
  const custom = useCustomMetrics(agent, range);
  const known = CHOICES.filter(({ info }) => holds(info.title, text) || holds(info.name, text));
  const own = (custom.data ?? []).filter((name) => holds(name, text));
  const item = (name: string, title: string): ReactNode => {
    const added = addedMetric(name, metrics);
    return (
      <button
        key={name}
        type="button"
        className={styles.choice}
        disabled={added === null}
        onClick={() => added !== null && onAdd(added)}
      >
        {title}
      </button>
    );
  };
  return (
    <div className={styles.picker}>
      <Field
        label="Find a metric"
        hideLabel
        type="search"
        placeholder="Find a metric"
        data-autofocus
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className={styles.list} role="group" aria-label="Metrics to add">
        {known.map(({ info }) => item(info.name, info.title))}
        {own.length > 0 && <p className={styles.head}>Custom metrics of {agent}</p>}
        {own.map((name) => item(`${CUSTOM}${name}`, name))}
        {known.length + own.length === 0 && <p className={styles.head}>No metric of that name.</p>}
      </div>
      <CustomNote agent={agent} pending={custom.isLoading} problem={custom.error?.message ?? null} />
    </div>
  );
}

interface CustomNoteProps {
  agent: string | null;
  pending: boolean;
  problem: string | null;
}

function CustomNote({ agent, pending, problem }: CustomNoteProps): ReactNode {
  if (agent === null) return <p className={styles.note}>Choose one agent to see its custom metrics too.</p>;
  if (pending) return <p className={styles.note}>Looking for custom metrics…</p>;
  if (problem === null) return null;
  return (
    <p className={styles.note} role="alert">
      Its custom metrics cannot be listed: {problem}
    </p>
  );
}
