import { useCallback, useMemo, type ReactNode } from 'react';
import type { ZoomSpan } from '../charts/prepare/brush';
import { Placeholder } from '../components/Placeholder';
import { StaleNotice } from '../components/StaleNotice';
import { Toggle } from '../components/Toggle';
import type { ExploreAnswer } from '../services/explore';
import type { Agent } from '../services/types';
import { useNow } from '../state/clock';
import { EXPLORE_PATH, useRange, useViewParams } from '../state/urlState';
import { useAgents } from '../state/useAgents';
import { useExploration } from '../state/useExploration';
import { lookChanges, readLook } from './agent/lookWindow';
import { LookSection } from './agent/LookSection';
import { AgentPicker } from './costs/AgentPicker';
import { ExploreCharts } from './explore/ExploreCharts';
import { ExploreExport } from './explore/ExploreExport';
import { parseMetric } from './explore/exploreMetrics';
import {
  explorationTitle,
  exploreQuestion,
  intervalOf,
  readExploration,
  USUAL_GROUPS,
  type Exploration,
} from './explore/exploreQuestion';
import { ExploreTable } from './explore/ExploreTable';
import { GroupMenu } from './explore/GroupMenu';
import { MetricBar } from './explore/MetricBar';
import { ShareMenu } from './explore/ShareMenu';
import { FirstAgent } from './fleet/FirstAgent';
import { labelNames } from './fleet/fleetGroups';
import { QueryProblem } from './QueryProblem';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './ExplorePage.module.css';

const NO_AGENTS: readonly Agent[] = [];

/** Any metrics of any agents, told apart by what one likes, and compared with the time before. */
export function ExplorePage(): ReactNode {
  const list = useAgents();
  const { params } = useViewParams();
  const exploration = useMemo(() => readExploration(params), [params]);
  const title = explorationTitle(exploration);
  const totals = list.data?.totals;
  useDocumentTitle(title, (totals?.down ?? 0) + (totals?.error ?? 0));
  if (list.data?.agents.length === 0) return <FirstAgent />;
  return (
    <>
      <h1 className={styles.title}>{title}</h1>
      <Explored
        exploration={exploration}
        agents={list.data?.agents ?? NO_AGENTS}
        ready={list.data !== undefined || list.isError}
      />
    </>
  );
}

interface ExploredProps {
  exploration: Exploration;
  agents: readonly Agent[];
  /** How often agents report decides how fine the answer is: it is not asked for before that is known. */
  ready: boolean;
}

function Explored({ exploration, agents, ready }: ExploredProps): ReactNode {
  const { range } = useRange();
  const nowMs = useNow();
  const intervalMs = intervalOf(agents, exploration.agents);
  const question = exploreQuestion(exploration, range, nowMs, intervalMs);
  const explored = useExploration(question, ready);
  const { data } = explored;
  return (
    <>
      <Controls exploration={exploration} agents={agents} answer={data} />
      {data === undefined ? (
        explored.isPending ? (
          <Placeholder label="Loading the charts" rows={exploration.metrics.length} rowHeight={120} />
        ) : (
          <QueryProblem
            what="metrics"
            error={explored.error}
            onRetry={() => explored.refetch()}
            all={{ href: EXPLORE_PATH, words: 'Explore all agents' }}
          />
        )
      ) : (
        <>
          {explored.isError && (
            <StaleNotice
              what="The charts"
              detail={explored.error.message}
              readMs={explored.dataUpdatedAt}
              nowMs={explored.errorUpdatedAt}
            />
          )}
          <View answer={data} nowMs={nowMs} />
        </>
      )}
    </>
  );
}

interface ControlsProps {
  /** What the address asks now: until it is answered, the charts show what was answered before. */
  exploration: Exploration;
  agents: readonly Agent[];
  answer: ExploreAnswer | undefined;
}

function Controls({ exploration, agents, answer }: ControlsProps): ReactNode {
  const { change } = useViewParams();
  const { range } = useRange();
  const names = useMemo(() => agents.map((agent) => agent.name), [agents]);
  const labels = useMemo(() => labelNames(agents), [agents]);
  const { metrics, groupBy, compared } = exploration;
  const [single] = exploration.agents.length === 1 ? exploration.agents : [];
  const shown = useMetrics(answer);
  return (
    <div className={styles.controls}>
      <div className={styles.line}>
        <AgentPicker
          names={names}
          chosen={exploration.agents}
          onChange={(chosen) => change({ agent: chosen, only: null }, 'replace')}
        />
        <GroupMenu
          value={groupBy}
          labels={labels}
          onChange={(by) => change({ by: by === USUAL_GROUPS ? null : by, only: null }, 'replace')}
        />
        <Toggle
          on={compared}
          title="Draws the time before, as long, as a dashed line"
          onChange={(on) => change({ compare: on ? 'previous' : null }, 'replace')}
        >
          Compare
        </Toggle>
        <span className={styles.actions}>
          <ShareMenu />
          {answer && <ExploreExport answer={answer} metrics={shown} />}
        </span>
      </div>
      <MetricBar
        metrics={metrics}
        agent={single ?? null}
        range={range}
        onChange={(texts) => change({ metric: texts }, 'replace')}
      />
    </div>
  );
}

/** The metrics that were answered. */
function useMetrics(answer: ExploreAnswer | undefined) {
  const texts = answer?.question.metrics;
  return useMemo(() => (texts ?? []).map(parseMetric).filter((metric) => metric !== null), [texts]);
}

interface ViewProps {
  answer: ExploreAnswer;
  nowMs: number;
}

function View({ answer, nowMs }: ViewProps): ReactNode {
  const { params, change } = useViewParams();
  const look = useMemo(() => readLook(params), [params]);
  const tab = look?.tab ?? 'changes';
  const select = useCallback((span: ZoomSpan) => change(lookChanges(span, tab), 'push'), [change, tab]);
  const metrics = useMetrics(answer);
  return (
    <>
      <ExploreCharts answer={answer} metrics={metrics} selection={look} onSelect={select} />
      {look && <LookSection agents={answer.question.agents} look={look} />}
      <ExploreTable answer={answer} metrics={metrics} nowMs={nowMs} />
    </>
  );
}
