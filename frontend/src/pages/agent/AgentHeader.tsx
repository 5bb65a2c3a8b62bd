import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { StatusLight } from '../../components/StatusLight';
import type { Agent } from '../../services/types';
import { useNow } from '../../state/clock';
import { formatAge, formatAgo, formatText, formatTick } from '../../utils/format';
import styles from './AgentHeader.module.css';

export interface AgentHeaderProps {
  agent: Agent;
  fleetHref: string;
  /** Of the agent that it works for; null of one that works for none. */
  parentHref: string | null;
  children: ReactNode;
}

interface Fact {
  name: string;
  value: string;
  title?: string;
}

function factsOf(agent: Agent, nowMs: number): Fact[] {
  const labels = Object.entries(agent.labels).map(([name, value]) => ({ name, value }));
  return [
    { name: 'requests today', value: formatText(agent.today.requests, 'count'), title: 'Since midnight UTC' },
    { name: 'failed', value: formatText(agent.today.errors, 'count'), title: 'Since midnight UTC' },
    { name: 'cost today', value: formatText(agent.today.cost_usd, 'USD'), title: 'Since midnight UTC' },
    { name: 'last seen', value: formatAgo(agent.last_seen, nowMs) },
    { name: 'interval', value: formatTick(agent.interval_s * 1000, 'ms') },
    ...(agent.host === null ? [] : [{ name: 'host', value: agent.host }]),
    ...labels,
  ];
}

/** Who it is, whether it is up and since when, and what one asks first. */
export function AgentHeader({ agent, fleetHref, parentHref, children }: AgentHeaderProps): ReactNode {
  const nowMs = useNow();
  return (
    <header className={styles.header}>
      <div className={styles.top}>
        <h1 className={styles.name}>
          <Link href={fleetHref} className={styles.back} aria-label="To the fleet">
            ←
          </Link>
          {agent.name}
        </h1>
        <p className={styles.status}>
          <StatusLight status={agent.status} />
          <span className={styles.since}>
            {agent.since !== null && `for ${formatAge(agent.since, nowMs)}`}
            {agent.reason !== '' && ` · ${agent.reason}`}
          </span>
        </p>
        <div className={styles.actions}>{children}</div>
      </div>
      {agent.description !== '' && <p className={styles.description}>{agent.description}</p>}
      <dl className={styles.facts}>
        {agent.parent !== null && parentHref !== null && (
          <div className={styles.fact}>
            <dt>works for</dt>
            <dd>
              <Link href={parentHref}>{agent.parent.name}</Link>
            </dd>
          </div>
        )}
        {factsOf(agent, nowMs).map((fact) => (
          <div key={fact.name} className={styles.fact} title={fact.title}>
            <dt>{fact.name}</dt>
            <dd>{fact.value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}
