import { useMemo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { QuantityText } from '../../components/QuantityText';
import { StatusLight } from '../../components/StatusLight';
import tables from '../../components/Table.module.css';
import type { Agent } from '../../services/types';
import { useNow } from '../../state/clock';
import { agentPath, useRange, withRange } from '../../state/urlState';
import { useAgents } from '../../state/useAgents';
import { formatAge, formatQuantity, type Unit } from '../../utils/format';
import { subAgentsOf } from './subAgentRows';
import styles from './AgentEvents.module.css';

export interface SubAgentsProps {
  agent: Agent;
}

const COLUMNS: readonly { title: string; unit: Unit; value: (agent: Agent) => number | null }[] = [
  { title: 'Latency', unit: 'ms', value: (agent) => agent.latest.latency_ms },
  { title: 'Throughput', unit: 'req/min', value: (agent) => agent.latest.throughput_req_per_min },
  { title: 'Requests today', unit: 'count', value: (agent) => agent.today.requests },
  { title: 'Failed', unit: 'count', value: (agent) => agent.today.errors },
  { title: 'Cost today', unit: 'USD', value: (agent) => agent.today.cost_usd },
];

/** Those that work for an agent, as current as the fleet. Absent where nobody does. */
export function SubAgents({ agent }: SubAgentsProps): ReactNode {
  const all = useAgents().data?.agents;
  const { range } = useRange();
  const nowMs = useNow();
  const rows = useMemo(() => subAgentsOf(all ?? [], agent.agent_id), [all, agent.agent_id]);
  if (rows.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="sub-agents-title">
      <h2 id="sub-agents-title" className={styles.title}>
        Sub-agents
      </h2>
      <table className={`${tables.table} ${tables.leading}`}>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Status</th>
            {COLUMNS.map((column) => (
              <th key={column.title} scope="col" className={tables.number}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.agent_id} className={tables.row} data-sub-agent={row.name}>
              <th scope="row" className={styles.name}>
                <Link href={withRange(agentPath(row.name), range)} className={tables.link}>
                  {row.name}
                </Link>
              </th>
              <td title={row.reason}>
                <StatusLight status={row.status} />
                <span className={tables.detail}>{formatAge(row.since, nowMs)}</span>
              </td>
              {COLUMNS.map((column) => (
                <td key={column.title} className={tables.number}>
                  <QuantityText quantity={formatQuantity(column.value(row), column.unit)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
