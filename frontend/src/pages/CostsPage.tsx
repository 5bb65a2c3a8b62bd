import { useMemo, type ReactNode } from 'react';
import { Headline } from '../components/Headline';
import { Placeholder } from '../components/Placeholder';
import { Segmented } from '../components/Segmented';
import { StaleNotice } from '../components/StaleNotice';
import { Toggle } from '../components/Toggle';
import type { CostAnswer, CostQuestion } from '../services/costs';
import { useNow } from '../state/clock';
import { useAgents } from '../state/useAgents';
import { useCosts } from '../state/useCosts';
import { useRange, useViewParams } from '../state/urlState';
import { AgentPicker } from './costs/AgentPicker';
import { CostBars } from './costs/CostBars';
import { CostExport } from './costs/CostExport';

import { CostTable } from './costs/CostTable';
import { costQuestion, GROUPINGS, readGrouping } from './costs/costQuestion';
import { prepareCostRows, prepareCostTotal, readCostSort, sortCostRows } from './costs/costRows';
import { costSentence } from './costs/costSentence';
import { NoCosts } from './costs/NoCosts';
import { UnpricedUsage } from './costs/UnpricedUsage';
import { QueryProblem } from './QueryProblem';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './CostsPage.module.css';

function useQuestion(): CostQuestion {
  const { params } = useViewParams();
  const { range } = useRange();
  const nowMs = useNow();
  return costQuestion(range, nowMs, params.getAll('agent'), readGrouping(params));
}

/** What the agents cost, where the month is going, and on whom or what it is spent. */
export function CostsPage(): ReactNode {
  const totals = useAgents().data?.totals;
  useDocumentTitle('Costs', (totals?.down ?? 0) + (totals?.error ?? 0));
  const question = useQuestion();
  const costs = useCosts(question);
  if (costs.data !== undefined) {
    return (
      <>
        {costs.isError && (
          <StaleNotice
            what="The costs"
            detail={costs.error.message}
            readMs={costs.dataUpdatedAt}
            nowMs={costs.errorUpdatedAt}
          />
        )}
        <CostView answer={costs.data} asked={question} />
      </>
    );
  }
  if (costs.isPending) return <Placeholder label="Loading the costs" rows={14} />;
  return (
    <QueryProblem
      whole
      what="costs"
      error={costs.error}
      onRetry={() => costs.refetch()}
      all={{ href: window.location.pathname, words: 'Costs of all agents' }}
    />
  );
}

interface CostViewProps {
  answer: CostAnswer;
  /** What the address asks now: until it is answered, the controls show it and the rest what was answered before. */
  asked: CostQuestion;
}

function CostView({ answer, asked }: CostViewProps): ReactNode {
  const { params } = useViewParams();
  const nowMs = useNow();
  const compared = params.get('compare') === 'previous';
  const prepared = useMemo(() => prepareCostRows(answer), [answer]);
  const total = useMemo(() => prepareCostTotal(answer), [answer]);
  const sort = useMemo(() => readCostSort(params), [params]);
  const rows = useMemo(() => sortCostRows(prepared, sort), [prepared, sort]);
  const { question, costs } = answer;
  const nothing = rows.length === 0 && costs.month.cost_usd === 0;
  return (
    <>
      <div className={styles.head}>
        <Headline {...costSentence(answer, nowMs)} />
        <CostExport question={question} rows={rows} />
      </div>
      <CostControls asked={asked} compared={compared} />
      {rows.length === 0 ? (
        <NoCosts everNothing={nothing} />
      ) : (
        <>
          <CostBars answer={answer} compared={compared} nowMs={nowMs} />
          <CostTable
            rows={rows}
            total={total}
            sort={sort}
            groupBy={question.groupBy}
            range={{ start: question.start, end: question.end }}
          />
        </>
      )}
      <UnpricedUsage unpriced={costs.unpriced} start={question.start} />
    </>
  );
}

interface CostControlsProps {
  asked: CostQuestion;
  compared: boolean;
}

function CostControls({ asked, compared }: CostControlsProps): ReactNode {
  const { change } = useViewParams();
  const agents = useAgents().data?.agents;
  const names = useMemo(() => (agents ?? []).map((agent) => agent.name), [agents]);
  return (
    <div className={styles.controls}>
      <Segmented
        label="Costs by"
        options={GROUPINGS}
        value={asked.groupBy}
        onChange={(by) => change({ by: by === 'agent' ? null : by, only: null }, 'replace')}
      />
      <AgentPicker
        names={names}
        chosen={asked.agents}
        onChange={(chosen) => change({ agent: chosen }, 'replace')}
      />
      <Toggle
        on={compared}
        title="Draws what was spent in the time before, as long"
        onChange={(on) => change({ compare: on ? 'previous' : null }, 'replace')}
      >
        Compare
      </Toggle>
    </div>
  );
}
