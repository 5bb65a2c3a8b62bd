import { useMemo, useState, type ReactNode } from 'react';
import { Button } from '../components/Button';
import { Segmented } from '../components/Segmented';
import { Toggle } from '../components/Toggle';
import { exportUrl } from '../services/metrics';
import { serverNow, useNow } from '../state/clock';
import { startExport, useExportJob } from '../state/exportJob';
import type { ExportWish } from '../state/exportRun';
import { useRange, useViewParams } from '../state/urlState';
import { useAgents } from '../state/useAgents';
import { formatLength } from '../utils/format';
import { resolveRange } from '../utils/range';
import { askForFile, canSaveToDisk, gatherInMemory, MOST_MEMORY_BYTES } from '../utils/saveTarget';
import { formatSpan } from '../utils/timeText';
import { AgentPicker } from './costs/AgentPicker';
import { ColumnChoice } from './export/ColumnChoice';
import { Estimate } from './export/Estimate';
import { columnsAsked } from './export/exportColumns';
import { fileName, fixedQuestion, FORMATS, questionOf, readPlan, type ExportPlan } from './export/exportPlan';
import { ExportResult } from './export/ExportResult';
import { bytesText } from './export/exportWords';
import { canExport } from './exportFormats';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './ExportPage.module.css';

const MEDIA_TYPE = 'application/octet-stream';

/** First the file is chosen, since browsers ask for it only right after a click. */
async function begin({ question, gzip }: Pick<ExportWish, 'question' | 'gzip'>): Promise<void> {
  const name = fileName(question, gzip);
  const target = canSaveToDisk() ? await askForFile(name) : gatherInMemory(name, MEDIA_TYPE);
  if (target) await startExport(name, { question, gzip, target });
}

/** Every record of chosen agents and times as one file, however many there are. */
export function ExportPage(): ReactNode {
  const totals = useAgents().data?.totals;
  useDocumentTitle('Export', (totals?.down ?? 0) + (totals?.error ?? 0));
  const { params } = useViewParams();
  const { range } = useRange();
  const plan = useMemo(() => readPlan(params, range), [params, range]);
  const job = useExportJob();
  const [refusal, setRefusal] = useState<string | null>(null);
  const start = (wish: Parameters<typeof begin>[0]): void => {
    setRefusal(null);
    begin(wish).catch((error: unknown) => setRefusal((error as Error).message));
  };
  const nameable = canExport(plan.agents, range, columnsAsked(plan.columns));
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>Export</h1>
      <p className={styles.note}>
        Every record of the agents and the range as one file, without a cap. All of it is of one moment: that
        at which it begins.
      </p>
      <PlanForm plan={plan} />
      <div className={styles.start}>
        <Button
          look="primary"
          disabled={job?.phase === 'running' || !nameable}
          onClick={() => start({ question: fixedQuestion(plan, serverNow()), gzip: plan.gzip })}
        >
          Start export
        </Button>
        {nameable ? <Estimate plan={plan} /> : <TooMany count={plan.agents.length} />}
      </div>
      {refusal !== null && (
        <p className={styles.problem} role="alert">
          No file was begun: {refusal}
        </p>
      )}
      {job && <ExportResult job={job} onRepeat={() => start(job.wish)} />}
      <Where plan={plan} />
    </div>
  );
}

function TooMany({ count }: { count: number }): ReactNode {
  return (
    <p className={styles.problem} role="alert">
      {count} agents are too many to name in one export. Choose fewer, or all.
    </p>
  );
}

interface PlanProps {
  plan: ExportPlan;
}

/** The form is the address: what it says can be shared and saved. */
function PlanForm({ plan }: PlanProps): ReactNode {
  const { change } = useViewParams();
  const agents = useAgents().data?.agents;
  const names = useMemo(() => (agents ?? []).map((agent) => agent.name), [agents]);
  return (
    <dl className={styles.form}>
      <dt>Agents</dt>
      <dd className={styles.controls}>
        <AgentPicker
          names={names}
          chosen={plan.agents}
          onChange={(chosen) => change({ agent: chosen }, 'replace')}
        />
      </dd>
      <dt>Range</dt>
      <dd>
        <RangeWords plan={plan} />
      </dd>
      <dt>Format</dt>
      <dd className={styles.controls}>
        <Segmented
          label="Format"
          options={FORMATS}
          value={plan.format}
          onChange={(format) => change({ format: format === 'csv' ? null : format }, 'replace')}
        />
        {plan.format === 'xlsx' ? (
          <span className={styles.note}>Packed already; the server writes it whole before it comes.</span>
        ) : (
          <Toggle
            on={plan.gzip}
            title="Packs the file while it is written"
            onChange={(on) => change({ gzip: on ? '1' : null }, 'replace')}
          >
            gzip
          </Toggle>
        )}
      </dd>
      <dt>Columns</dt>
      <dd>
        <ColumnChoice
          chosen={plan.columns}
          onChange={(chosen) => change({ column: columnsAsked(chosen) }, 'replace')}
        />
      </dd>
    </dl>
  );
}

function RangeWords({ plan }: PlanProps): ReactNode {
  const nowMs = useNow();
  const { startMs, endMs, live } = resolveRange(plan.range, nowMs);
  return (
    <p className={styles.range}>
      {formatSpan(startMs, endMs, nowMs)}
      <span className={styles.note}>
        {formatLength(endMs - startMs)}
        {live && ', until the moment it starts'}. Set in the bar above.
      </span>
    </p>
  );
}

/** Where the file goes while it comes, and the way without this page. */
function Where({ plan }: PlanProps): ReactNode {
  const { agents, columns, start, end, format } = questionOf(plan);
  return (
    <p className={styles.where}>
      {canSaveToDisk()
        ? 'You choose the file first; it is written while it comes, and has its content only when it is whole.'
        : `This browser cannot write to a file while it comes: up to ${bytesText(MOST_MEMORY_BYTES)} are gathered in the browser and saved when all is there.`}{' '}
      For more than a browser should hold, or without this page,{' '}
      <a href={exportUrl(agents, start, end, format, columns)} download>
        let the browser download it
      </a>
      : it then counts no records, and one that breaks is marked as failed among the downloads.
    </p>
  );
}
