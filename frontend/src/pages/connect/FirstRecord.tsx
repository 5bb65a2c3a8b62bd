import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/Button';
import { StatusLight } from '../../components/StatusLight';
import { agentPath } from '../../state/urlState';
import { useAgents } from '../../state/useAgents';
import { findArrival, rememberAgents, type Known } from './arrival';
import styles from '../ConnectPage.module.css';

export interface FirstRecordProps {
  agent: string;
}

/** Waits for what is being connected, by the live stream; it turns green with the first record. */
export function FirstRecord({ agent }: FirstRecordProps): ReactNode {
  const agents = useAgents();
  const [known, setKnown] = useState<Known | null>(null);
  const list = agents.data?.agents;
  if (known === null && list !== undefined) setKnown(rememberAgents(list));
  const arrived = known === null || list === undefined ? null : findArrival(known, list, agent);
  if (arrived !== null) {
    return (
      <p className={`${styles.wait} ${styles.come}`} role="status">
        <StatusLight status="up" hideWord /> {arrived.name} has sent a record.{' '}
        <Link href={agentPath(arrived.name)}>Open {arrived.name}</Link>
      </p>
    );
  }
  if (agents.isError) {
    return (
      <div className={styles.wait} role="alert">
        Whether a record came cannot be read: {agents.error.message}{' '}
        <Button onClick={() => void agents.refetch()}>Try again</Button>
      </div>
    );
  }
  return (
    <p className={styles.wait} role="status">
      <StatusLight status="never" hideWord /> Waiting for the first record…
    </p>
  );
}
