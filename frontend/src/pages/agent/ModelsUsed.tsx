import { useMemo, type ReactNode } from 'react';
import { QuantityText } from '../../components/QuantityText';
import tables from '../../components/Table.module.css';
import type { Agent } from '../../services/types';
import { serverNow } from '../../state/clock';
import { useGroups } from '../../state/useGroups';
import { useRange } from '../../state/urlState';
import { formatQuantity, type Unit } from '../../utils/format';
import { resolveRange } from '../../utils/range';
import { chooseStep } from '../../utils/step';
import { MODEL_METRICS, prepareModelRows, type ModelRow } from './modelRows';
import styles from './AgentEvents.module.css';

export interface ModelsUsedProps {
  agent: Agent;
}

/** Sums need few buckets; with these the first one reaches little beyond the range. */
const BUCKETS = 100;

const COLUMNS: readonly { title: string; unit: Unit; value: (row: ModelRow) => number | null }[] = [
  { title: 'Requests', unit: 'count', value: (row) => row.requests },
  { title: 'Share', unit: '%', value: (row) => row.share },
  { title: 'Failed', unit: 'count', value: (row) => row.failed },
  { title: 'Average latency', unit: 'ms', value: (row) => row.latency },
  { title: 'Tokens', unit: 'tokens', value: (row) => row.tokens },
  { title: 'Cost', unit: 'USD', value: (row) => row.cost },
];

/** Which models the agent used in the range, the most used first. */
export function ModelsUsed({ agent }: ModelsUsedProps): ReactNode {
  const { range } = useRange();
  const { startMs, endMs } = resolveRange(range, serverNow());
  const models = useGroups({
    agents: [agent.name],
    metrics: MODEL_METRICS,
    ...range,
    stepMs: chooseStep(endMs - startMs, BUCKETS),
    groupBy: 'model',
    previous: false,
  });
  const rows = useMemo(() => (models.data ? prepareModelRows(models.data) : []), [models.data]);
  return (
    <section className={styles.section} aria-labelledby="models-title">
      <h2 id="models-title" className={styles.title}>
        Models
      </h2>
      {models.isError && <p role="alert">The models cannot be shown: {models.error.message}</p>}
      {!models.isError && rows.length === 0 && (
        <p className={styles.none}>{models.isPending ? 'Loading…' : 'No requests in this range.'}</p>
      )}
      {rows.length > 0 && <ModelTable rows={rows} />}
    </section>
  );
}

interface ModelTableProps {
  rows: readonly ModelRow[];
}

function ModelTable({ rows }: ModelTableProps): ReactNode {
  return (
    <table className={tables.table}>
      <thead>
        <tr>
          <th scope="col">Model</th>
          {COLUMNS.map((column) => (
            <th key={column.title} scope="col" className={tables.number}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} className={tables.row} data-model={row.name}>
            <th scope="row">{row.name}</th>
            {COLUMNS.map((column) => (
              <td key={column.title} className={tables.number}>
                <QuantityText quantity={formatQuantity(column.value(row), column.unit)} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
