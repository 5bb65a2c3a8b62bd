import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ExploreAnswer } from '../../services/explore';
import { saveText } from '../../utils/save';
import { ExportMenu } from '../ExportMenu';
import { PictureItem } from '../PictureItem';
import { recordColumns, type Metric } from './exploreMetrics';
import { groupWord } from './exploreQuestion';
import { exploreCsv, exploreJson } from './exploreTable';

export interface ExploreExportProps {
  answer: ExploreAnswer;
  metrics: readonly Metric[];
}

/** The charts as a picture, their values as they are, or the records behind them. */
export function ExploreExport({ answer, metrics }: ExploreExportProps): ReactNode {
  const { agents, start, end, groupBy } = answer.question;
  const name = `sentinel-explore-by-${groupWord(groupBy).replace(/[^\p{L}\p{N}._-]+/gu, '_')}`;
  return (
    <ExportMenu
      agents={agents.length === 0 ? null : agents}
      range={{ start, end }}
      columns={recordColumns(metrics)}
    >
      <PictureItem name={`${name}.png`} />
      <Menu.Label>The values of the charts</Menu.Label>
      <Menu.Item onClick={() => saveText(`${name}.csv`, 'text/csv', exploreCsv(answer, metrics))}>
        CSV, a line for each bucket and group
      </Menu.Item>
      <Menu.Item onClick={() => saveText(`${name}.json`, 'application/json', exploreJson(answer, metrics))}>
        JSON, the same
      </Menu.Item>
      <Menu.Divider />
    </ExportMenu>
  );
}
