import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CostQuestion } from '../../services/costs';
import { saveText } from '../../utils/save';
import { ExportMenu } from '../ExportMenu';
import { PictureItem } from '../PictureItem';
import { costCsv, type CostRow } from './costRows';

export interface CostExportProps {
  question: CostQuestion;
  rows: readonly CostRow[];
}

/** What of a record tells its cost. */
const RECORD_COLUMNS = [
  'timestamp',
  'agent',
  'kind',
  'request_count',
  'cost_usd',
  'cost_source',
  'provider',
  'model',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
];

/** The table as it is on screen, or the records behind it: the same agents, the same range. */
export function CostExport({ question, rows }: CostExportProps): ReactNode {
  const { agents, start, end, groupBy } = question;
  return (
    <ExportMenu agents={agents.length === 0 ? null : agents} range={{ start, end }} columns={RECORD_COLUMNS}>
      <PictureItem name={`sentinel-costs-by-${groupBy}.png`} />
      <Menu.Label>The table, as it is sorted</Menu.Label>
      <Menu.Item
        onClick={() => saveText(`sentinel-costs-by-${groupBy}.csv`, 'text/csv', costCsv(rows, groupBy))}
      >
        CSV, costs by {groupBy}
      </Menu.Item>
      <Menu.Divider />
    </ExportMenu>
  );
}
