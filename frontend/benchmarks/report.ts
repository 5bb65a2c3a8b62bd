// Figures as a page of Markdown: goals first, then what they are made of.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { CATEGORIES, type Audit } from './lighthouse.ts';
import { MOVES, type FrameFigures } from './frames.ts';
import { CHARTS } from './feed.ts';
import { heapGrowth, SPEED, type HeapSample } from './heap.ts';
import type { Paint } from './paint.ts';
import { median } from './statistics.ts';

export interface Figures {
  agents: number;
  days: number;
  frames?: FrameFigures;
  heap?: HeapSample[];
  paints?: Paint[];
  audits?: Audit[];
}

interface Goal {
  what: string;
  measured: string;
  wanted: string;
  met: boolean;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
const cell = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} [${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)}]`;

function frameGoals(figures: FrameFigures): Goal[] {
  const busy = figures.scriptShare + figures.styleShare + figures.layoutShare;
  return [
    {
      what: `${CHARTS} charts live at a step a second, ${MOVES} moves of the crosshair: frame p95`,
      measured: `${figures.frameP95Ms.toFixed(1)} ms`,
      wanted: '<= 20 ms',
      met: figures.frameP95Ms <= 20,
    },
    {
      what: 'the same: tasks over 50 ms',
      measured: `${figures.tasksOver50}, the longest ${figures.longestTaskMs.toFixed(0)} ms`,
      wanted: '0',
      met: figures.tasksOver50 === 0,
    },
    {
      what: 'the same: scripting, styles and layout, of a core',
      measured: percent(busy),
      wanted: '<= 15 %',
      met: busy <= 0.15,
    },
    {
      what: 'the same: the newest value drawn is the newest sent',
      measured: `record ${figures.drawn} of ${figures.sent}`,
      wanted: 'the same',
      met: figures.drawn === figures.sent,
    },
  ];
}

function heapGoals(samples: readonly HeapSample[]): Goal[] {
  const { quarter, end, share } = heapGrowth(samples);
  return [
    {
      what: `${end.ticks} ticks at ${SPEED} times the speed: heap after a forced collection, at a quarter and at the end`,
      measured: `${megabytes(quarter.usedBytes)} and ${megabytes(end.usedBytes)}, ${share < 0 ? '' : '+'}${percent(share)}`,
      wanted: 'within 5 %',
      met: Math.abs(share) <= 0.05,
    },
  ];
}

function paintGoals(paints: readonly Paint[], agents: number): Goal[] {
  return paints.map(({ range, largestMs }) => ({
    what: `fleet page with ${agents} agents, ${range}: largest paint`,
    measured: `${cell(largestMs)} ms`,
    wanted: '<= 1000 ms',
    met: median(largestMs) <= 1000,
  }));
}

function auditGoals(audits: readonly Audit[]): Goal[] {
  return audits.map(({ page, preset, scores }) => ({
    what: `Lighthouse, ${page}, ${preset}: ${CATEGORIES.join(', ')}`,
    measured: CATEGORIES.map((category) => median(scores[category])).join(', '),
    wanted: '>= 95 each',
    met: CATEGORIES.every((category) => median(scores[category]) >= 95),
  }));
}

function goalsOf({ frames, heap, paints, audits, agents }: Figures): Goal[] {
  return [
    ...(frames ? frameGoals(frames) : []),
    ...(heap ? heapGoals(heap) : []),
    ...(paints ? paintGoals(paints, agents) : []),
    ...(audits ? auditGoals(audits) : []),
  ];
}

function commit(): string {
  const git = (...words: string[]): string => execFileSync('git', words, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', 'src', 'public', 'index.html', 'package-lock.json');
  return `commit ${git('log', '-1', '--format=%h')}${changed === '' ? '' : ' with uncommitted changes'}`;
}

function hardware(): string {
  const [first] = cpus();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${gigabytes} GiB, Linux ${release()}`;
}

function frameLines(figures: FrameFigures): string[] {
  return [
    '',
    `Frames: ${figures.frames} in ${figures.seconds.toFixed(0)} s, p50 ${figures.frameP50Ms.toFixed(1)}, p95 ${figures.frameP95Ms.toFixed(1)}, ` +
      `the longest ${figures.longestFrameMs.toFixed(0)} ms. Of a core: scripting ${percent(figures.scriptShare)}, styles ${percent(figures.styleShare)}, ` +
      `layout ${percent(figures.layoutShare)}, all tasks of the page, painting among them, ${percent(figures.taskShare)}.`,
    `A record was drawn ${figures.drawnAfterP50Ms.toFixed(0)} ms (p50), ${figures.drawnAfterP95Ms.toFixed(0)} ms (p95) after its own time.`,
  ];
}

function heapLines(samples: readonly HeapSample[]): string[] {
  return [
    '',
    '| ticks | heap | DOM nodes | listeners | each chart drawn |',
    '|---|---|---|---|---|',
    ...samples.map(
      ({ ticks, usedBytes, nodes, listeners, drawn }) =>
        `| ${ticks} | ${megabytes(usedBytes)} | ${nodes} | ${listeners} | ${drawn} |`,
    ),
  ];
}

function paintLines(paints: readonly Paint[]): string[] {
  return [
    '',
    '| fleet page | first paint, ms | largest paint, ms | of |',
    '|---|---|---|---|',
    ...paints.map(
      ({ range, firstMs, largestMs, element }) =>
        `| ${range} | ${cell(firstMs)} | ${cell(largestMs)} | ${element.replaceAll('|', '/')} |`,
    ),
  ];
}

function auditLines(audits: readonly Audit[]): string[] {
  return [
    '',
    `| Lighthouse | ${CATEGORIES.join(' | ')} | largest paint, ms | blocked, ms | what cost points |`,
    '|---|---|---|---|---|---|---|',
    ...audits.map(({ page, preset, scores, largestMs, blockedMs, faults }) => {
      const marks = CATEGORIES.map((category) => cell(scores[category])).join(' | ');
      return `| ${page}, ${preset} | ${marks} | ${cell(largestMs)} | ${cell(blockedMs)} | ${faults.join('; ')} |`;
    }),
  ];
}

export function reportOf(figures: Figures, browser: string, loadBefore: number): string {
  const { agents, days, frames, heap, paints, audits } = figures;
  const minute = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return [
    '# The dashboard in a browser',
    '',
    `${minute} UTC, ${commit()}, ${hardware()}, Chromium ${browser} without a GPU.`,
    `Load average before and after: ${loadBefore.toFixed(1)}, ${(loadavg()[0] ?? 0).toFixed(1)}. Browser, server and PostgreSQL share the cores.`,
    '',
    'Made by `make bench-dashboard RESULTS=1`; how it is measured: `frontend/benchmarks/README.md`.',
    `The fleet is a demo's of ${agents} agents and ${days} days. Figures of several runs are medians with [least-most].`,
    '',
    '| goal | measured | wanted | met |',
    '|---|---|---|---|',
    ...goalsOf(figures).map(
      ({ what, measured, wanted, met }) =>
        `| ${what} | ${measured} | ${wanted} | ${met ? 'yes' : '**no**'} |`,
    ),
    ...(frames ? frameLines(frames) : []),
    ...(heap ? heapLines(heap) : []),
    ...(paints ? paintLines(paints) : []),
    ...(audits ? auditLines(audits) : []),
    '',
  ].join('\n');
}
