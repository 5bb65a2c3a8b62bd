import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { StatusLight } from '../../components/StatusLight';
import type { Agent } from '../../services/types';
import { useNow } from '../../state/clock';
import { agentPath, withRange } from '../../state/urlState';
import { formatAge } from '../../utils/format';
import type { RangeText } from '../../utils/range';
import styles from './FleetHeadline.module.css';

export interface FleetProblemsProps {
  /** Those that need a person, the gravest first. */
  agents: readonly Agent[];
  range: RangeText;
}

/** Why, and since when: what a row of the table has no room for. */
export function FleetProblems({ agents, range }: FleetProblemsProps): ReactNode {
  const nowMs = useNow();
  if (agents.length === 0) return null;
  return (
    <ul className={styles.problems} aria-label="Agents that need attention">
      {agents.map((agent) => (
        <li key={agent.agent_id} data-problem={agent.name}>
          <Link href={withRange(agentPath(agent.name), range)}>{agent.name}</Link>{' '}
          <StatusLight status={agent.status} />
          {agent.since !== null && ` for ${formatAge(agent.since, nowMs)}`}
          {agent.reason !== '' && ` · ${agent.reason}`}
        </li>
      ))}
    </ul>
  );
}
