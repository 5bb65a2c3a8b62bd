import { useMemo, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Field } from '../../components/Field';
import { Placeholder } from '../../components/Placeholder';
import { StaleNotice } from '../../components/StaleNotice';
import { StatusLight } from '../../components/StatusLight';
import tables from '../../components/Table.module.css';
import type { Agent } from '../../services/types';
import { canEdit, useMe } from '../../state/session';
import { useRefusedToday } from '../../state/system';
import { agentPath, CONNECT_PATH, HEALTH_PATH, refusedAddress } from '../../state/urlState';
import { useAgents } from '../../state/useAgents';
import { formatText } from '../../utils/format';
import { ConfigureButton } from '../agent/ConfigureButton';
import { DescribeButton } from '../agent/DescribeButton';
import { refusedByAgent } from '../health/rejectionRows';
import { findAgents, labelText } from './agentRows';
import styles from './Settings.module.css';

/** As many rows as are read; a few letters find the others. */
const PAGE_SIZE = 100;

/** Agents with what they are for, their labels and configuration, and what was refused of them. */
export function AgentsPart(): ReactNode {
  const agents = useAgents();
  if (agents.isPending) return <Placeholder label="Loading the agents" rows={12} />;
  if (agents.data === undefined) {
    return (
      <ErrorState
        title="The agents cannot be shown"
        detail={agents.error.message}
        onRetry={() => agents.refetch()}
      />
    );
  }
  if (agents.data.agents.length === 0) {
    return (
      <EmptyState title="There is no agent yet">
        <p>An agent is here once it has sent a record.</p>
        <Link href={CONNECT_PATH}>Connect an agent</Link>
      </EmptyState>
    );
  }
  return (
    <>
      {agents.isError && (
        <StaleNotice
          what="The agents"
          detail={agents.error.message}
          readMs={agents.dataUpdatedAt}
          nowMs={agents.errorUpdatedAt}
        />
      )}
      <AgentList agents={agents.data.agents} />
    </>
  );
}

function AgentList({ agents }: { agents: readonly Agent[] }): ReactNode {
  const [text, setText] = useState('');
  const [most, setMost] = useState(PAGE_SIZE);
  const refused = useRefusedToday(null);
  const counts = useMemo(() => refusedByAgent(refused.data?.rejections ?? []), [refused.data]);
  const found = useMemo(() => findAgents(agents, text), [agents, text]);
  return (
    <>
      <div className={styles.form}>
        <Field
          label="Find an agent"
          type="search"
          placeholder="Name or label"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <ConfigureButton agent={null} words="Configure the fleet" />
        <span className={styles.beside}>For agents without a configuration of their own.</span>
      </div>
      {refused.isError && (
        <p className={styles.problem} role="alert">
          What was refused cannot be read: {refused.error.message}
        </p>
      )}
      {counts.unknown.length > 0 && <UnknownNames names={counts.unknown} />}
      <AgentTable agents={found.slice(0, most)} refused={counts.byId} />
      {found.length === 0 && <p className={styles.note}>No agent of that name or label.</p>}
      {found.length > most && (
        <div className={styles.end}>
          <Button onClick={() => setMost(most + PAGE_SIZE)}>Show more</Button>
          <span className={styles.note}>{formatText(found.length - most, 'count')} more</span>
        </div>
      )}
    </>
  );
}

const MOST_NAMES = 5;

/** Senders that name an agent which nobody knows, and have been refused. */
function UnknownNames({ names }: { names: readonly string[] }): ReactNode {
  const more = names.length - MOST_NAMES;
  return (
    <p className={styles.warning} role="status">
      Refused in the last day, and never registered: {names.slice(0, MOST_NAMES).join(', ')}
      {more > 0 && ` and ${more} more`}. <Link href={HEALTH_PATH}>See why</Link>
    </p>
  );
}

interface AgentTableProps {
  agents: readonly Agent[];
  refused: ReadonlyMap<string, number>;
}

function AgentTable({ agents, refused }: AgentTableProps): ReactNode {
  const editable = canEdit(useMe().data);
  return (
    <table className={tables.table}>
      <caption className="visually-hidden">Agents</caption>
      <thead>
        <tr>
          <th scope="col">Agent</th>
          <th scope="col">Status</th>
          <th scope="col">Labels</th>
          <th scope="col" className={styles.wideScreen}>
            What it is for
          </th>
          <th scope="col" className={tables.number}>
            Refused, 24 h
          </th>
          <th scope="col">
            <span className="visually-hidden">Change</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {agents.map((agent) => (
          <AgentRow
            key={agent.agent_id}
            agent={agent}
            refused={refused.get(agent.agent_id) ?? 0}
            editable={editable}
          />
        ))}
      </tbody>
    </table>
  );
}

interface AgentRowProps {
  agent: Agent;
  refused: number;
  editable: boolean;
}

function AgentRow({ agent, refused, editable }: AgentRowProps): ReactNode {
  return (
    <tr className={tables.row} data-agent-settings={agent.name}>
      <th scope="row">
        <Link href={agentPath(agent.name)}>{agent.name}</Link>
      </th>
      <td>
        <StatusLight status={agent.status} />
      </td>
      <td className={styles.wide}>{labelText(agent)}</td>
      <td className={`${styles.wide} ${styles.wideScreen} ${tables.faint}`}>{agent.description}</td>
      <td className={tables.number}>
        {refused === 0 ? (
          '0'
        ) : (
          <Link
            href={refusedAddress(agent.name)}
            aria-label={`${refused} records of ${agent.name} were refused`}
          >
            {formatText(refused, 'count')}
          </Link>
        )}
      </td>
      <td className={styles.actions}>
        {editable && <DescribeButton agent={agent} look="quiet" label={`Describe ${agent.name}`} />}
        <ConfigureButton agent={agent.name} look="quiet" label={`Configure ${agent.name}`} />
      </td>
    </tr>
  );
}
