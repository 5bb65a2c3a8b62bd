import { useDeferredValue, useMemo, type ReactNode } from 'react';
import { joinTolerance } from '../charts/prepare/silences';
import { ErrorState } from '../components/ErrorState';
import { Placeholder } from '../components/Placeholder';
import { StaleNotice } from '../components/StaleNotice';
import type { Agent, AgentList } from '../services/types';
import { serverNow, useNow } from '../state/clock';
import { totalsOf } from '../state/fleet';
import { COSTS_PATH, tabAddress, useRange, useViewParams } from '../state/urlState';
import { useAgents } from '../state/useAgents';
import { useMoneyBeside } from '../state/useCosts';
import { useLiveFrame } from '../state/useLiveFrame';
import { currentValue, EMPTY_FRAME, findValues, type Frame } from '../utils/frame';
import { resolveRange, type RangeText } from '../utils/range';
import { chooseStep } from '../utils/step';
import { ExportMenu } from './ExportMenu';
import { FirstAgent } from './fleet/FirstAgent';
import { FLEET_P95, HISTORY_METRICS, readColumns, sparklineBuckets } from './fleet/fleetColumns';
import { FleetFilterBar } from './fleet/FleetFilterBar';
import { FleetHeadline } from './fleet/FleetHeadline';
import { filterAgents, prepareHistories, readFilter } from './fleet/fleetRows';
import { labelNames } from './fleet/fleetGroups';
import { FleetProblems } from './fleet/FleetProblems';
import { awaitedWords, fleetFacts, fleetProblems, fleetSentence } from './fleet/fleetSentence';
import { FleetTable } from './fleet/FleetTable';
import { InSlices } from './shell/InSlices';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './FleetPage.module.css';

/** Every agent on one screen. */
export function FleetPage(): ReactNode {
  const agents = useAgents();
  const totals = agents.data?.totals;
  useDocumentTitle('Fleet', (totals?.down ?? 0) + (totals?.error ?? 0));
  const loading = <Placeholder label="Loading the agents" rows={16} />;
  if (agents.isPending) return loading;
  if (agents.data === undefined) {
    return (
      <ErrorState
        whole
        title="The agents cannot be shown"
        detail={agents.error.message}
        onRetry={() => agents.refetch()}
      />
    );
  }
  return (
    <InSlices fallback={loading}>
      {agents.isError && (
        <StaleNotice
          what="The agents"
          detail={agents.error.message}
          readMs={agents.dataUpdatedAt}
          nowMs={agents.errorUpdatedAt}
        />
      )}
      {agents.data.agents.length === 0 ? <FirstAgent /> : <Fleet list={agents.data} />}
    </InSlices>
  );
}

interface FleetProps {
  list: AgentList;
}

function useFleetFrames(count: number) {
  const { range, usual } = useRange();
  const { startMs, endMs, live } = resolveRange(range, serverNow());
  const stepMs = chooseStep(endMs - startMs, sparklineBuckets(count));
  const base = { agents: [], ...range, stepMs, watch: null } as const;
  const histories = useLiveFrame({ ...base, metrics: HISTORY_METRICS, groupBy: 'agent' });
  const fleet = useLiveFrame({ ...base, metrics: [FLEET_P95], groupBy: 'none' });
  const awaitsFleet = fleet.isPending && live;
  return { range, usual, histories, fleet: fleet.data ?? EMPTY_FRAME, awaitsFleet };
}

/** How slow the fleet is now; null for a range that is past, and once nobody has sent a latency for a while. */
function useCurrentP95(frame: Frame, range: RangeText, agents: readonly Agent[]): number | null {
  const nowMs = useNow();
  if (!resolveRange(range, nowMs).live) return null;
  const intervalMs = Math.min(...agents.map((agent) => agent.interval_s)) * 1000;
  return currentValue(frame, FLEET_P95, nowMs, joinTolerance(frame.stepMs, intervalMs));
}

function Fleet({ list }: FleetProps): ReactNode {
  const { params } = useViewParams();
  const filter = useMemo(() => readFilter(params), [params]);
  const { range, usual, histories, fleet, awaitsFleet } = useFleetFrames(list.agents.length);
  const shown = useMemo(() => filterAgents(list.agents, filter), [list.agents, filter]);
  const labels = useMemo(() => labelNames(list.agents), [list.agents]);
  const wanted = params.get('group');
  const problems = useMemo(() => fleetProblems(list.agents), [list.agents]);
  const groupBy = wanted !== null && labels.includes(wanted) ? wanted : null;
  const columns = useMemo(() => readColumns(params), [params]);
  const money = useMoneyBeside();
  const filtered = shown.length !== list.agents.length;
  const totals = useMemo(() => (filtered ? totalsOf(shown) : list.totals), [filtered, shown, list.totals]);
  const shownIds = useMemo(() => new Set(shown.map((agent) => agent.agent_id)), [shown]);
  // Hundreds of small histories are drawn in slices, between which the page answers.
  const frame = useDeferredValue(histories.data ?? EMPTY_FRAME);
  const prepared = useMemo(() => prepareHistories(frame, shownIds), [frame, shownIds]);
  const p95 = findValues(fleet, FLEET_P95);
  const newest = useCurrentP95(fleet, range, list.agents);
  return (
    <>
      <div className={styles.head}>
        <FleetHeadline
          sentence={fleetSentence(list.agents, list.totals, newest, money.yesterday)}
          awaited={awaitedWords(list.totals, { yesterday: money.awaitsYesterday, p95: awaitsFleet })}
          facts={fleetFacts(list.totals, money.month)}
          costsHref={tabAddress(COSTS_PATH, { range, usual })}
        >
          <FleetProblems agents={problems} range={range} />
        </FleetHeadline>
        <ExportMenu agents={filtered ? shown.map((agent) => agent.name) : null} range={range} />
      </div>
      <FleetFilterBar
        totals={list.totals}
        filter={filter}
        shown={shown.length}
        labels={labels}
        groupBy={groupBy}
        columns={columns}
      />
      {histories.isError && (
        <p className={styles.problem} role="alert">
          The histories cannot be shown: {histories.error.message}
        </p>
      )}
      <FleetTable
        agents={shown}
        totals={totals}
        filtered={filtered}
        columns={columns}
        histories={prepared}
        groupBy={groupBy}
        fleetP95={filtered ? null : p95}
        newestP95={filtered ? null : newest}
      />
    </>
  );
}
