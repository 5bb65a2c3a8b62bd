import { describe, expect, it } from 'vitest';
import { agentChange, nextLabel, toAgentDraft } from '../../src/pages/agent/agentDraft';
import { aloneIn, aloneText } from '../../src/pages/agent/alone';
import { subAgentsOf } from '../../src/pages/agent/subAgentRows';
import { shownCustom } from '../../src/pages/agent/useCustomFrame';
import { diskForecast, healthParts, healthSentence } from '../../src/pages/health/healthParts';
import { refusedByAgent } from '../../src/pages/health/rejectionRows';
import { EMPTY_KEY, keyFromDraft } from '../../src/pages/settings/keyDraft';
import type { System } from '../../src/services/types';
import { agentOf, NOON, rejectionOf, systemOf } from '../support/samples';

const DAY_MS = 86_400_000;

const partOf = (system: System, title: string) => {
  const found = healthParts(system, NOON).find((part) => part.title === title);
  if (!found) throw new Error(`there is no part ${title}`);
  return found;
};

const stateOf = (system: System, title: string) => partOf(system, title).state;

const spoolOf = (part: object): System => {
  const system = systemOf();
  const { process } = system.ingest;
  if (!process?.spool) throw new Error('the sample has a spool');
  return {
    ...system,
    ingest: { ...system.ingest, process: { ...process, spool: { ...process.spool, ...part } } },
  };
};

const diskOf = (part: object): System => {
  const { database } = systemOf();
  if (!database.disk) throw new Error('the sample has a disk');
  return systemOf({ database: { ...database, disk: { ...database.disk, ...part } } });
};

describe('health of the parts', () => {
  it('is fine where nothing waits', () => {
    expect(healthParts(systemOf(), NOON).map((part) => part.state)).toEqual(Array(7).fill('fine'));
  });

  it('looks at an ingest that has gone quiet, and knows nothing before the first record', () => {
    const { ingest } = systemOf();
    const quiet = systemOf({ ingest: { ...ingest, newest_commit_at: '2026-03-10T11:48:00Z' } });
    expect(partOf(quiet, 'Ingest')).toMatchObject({
      state: 'attention',
      why: 'No record has come for 12 min.',
    });
    const empty = systemOf({ ingest: { ...ingest, newest_commit_at: null } });
    expect(stateOf(empty, 'Ingest')).toBe('unknown');
  });

  it('tells what a spool does, and that there is none where none is wanted', () => {
    const { ingest } = systemOf();
    const none = systemOf({
      ingest: { ...ingest, process: ingest.process && { ...ingest.process, spool: null } },
    });
    expect(stateOf(none, 'Spool')).toBe('absent');
    expect(stateOf(spoolOf({ batches: 1, database_away: true }), 'Spool')).toBe('failing');
    expect(partOf(spoolOf({ bytes: 9e8, batches: 5 }), 'Spool').why).toMatch(/nearly full/);
    expect(partOf(spoolOf({ batches: 5 }), 'Spool').why).toMatch(/is being stored/);
    expect(partOf(spoolOf({ set_aside: 1 }), 'Spool').why).toMatch(/^1 record that .* is set aside/);
    expect(partOf(spoolOf({ set_aside: 2 }), 'Spool').why).toMatch(/^2 records that .* are set aside/);
  });

  it('does not claim to know another process, a spool that is not there, or a disk elsewhere', () => {
    const system = systemOf();
    const apart = systemOf({ ingest: { ...system.ingest, process: null } });
    expect(partOf(apart, 'Spool').why).toMatch(/another process/);
    expect(partOf(apart, 'Ingest').facts.map((fact) => fact.name)).not.toContain('a commit takes');
    const { process } = system.ingest;
    const none = process && systemOf({ ingest: { ...system.ingest, process: { ...process, spool: null } } });
    expect(none && partOf(none, 'Spool').why).toMatch(/requests are refused/);
    const elsewhere = systemOf({ database: { ...system.database, disk: null } });
    expect(stateOf(elsewhere, 'Disk')).toBe('unknown');
  });

  it('keeps the lines of the contract for sums and sealing', () => {
    const { sums, sealing } = systemOf();
    expect(stateOf(systemOf({ sums: { ...sums, waiting_s: 119 } }), 'Sums')).toBe('fine');
    expect(stateOf(systemOf({ sums: { ...sums, waiting_s: 121 } }), 'Sums')).toBe('attention');
    expect(stateOf(systemOf({ sums: { ...sums, waiting_s: 4000 } }), 'Sums')).toBe('failing');
    const waiting = (count: number, seconds: number) =>
      partOf(systemOf({ sealing: { ...sealing, waiting: count, waiting_s: seconds } }), 'Sealing');
    expect(waiting(1, 80_000).state).toBe('fine');
    expect(waiting(1, 90_000).why).toMatch(/^A generation has waited for 25 h/);
    expect(waiting(3, 200_000).why).toMatch(/^3 generations have waited for 2 d/);
    expect(partOf(systemOf({ sealing: { ...sealing, newest: null } }), 'Sealing').facts).toContainEqual({
      name: 'newest sealed',
      value: 'none yet',
    });
  });

  it('warns before a disk is full', () => {
    expect(stateOf(diskOf({ days_left: 13 }), 'Disk')).toBe('attention');
    expect(stateOf(diskOf({ days_left: 1 }), 'Disk')).toBe('failing');
    expect(stateOf(diskOf({ days_left: null, free_bytes: 40e9 }), 'Disk')).toBe('attention');
    expect(partOf(diskOf({ days_left: null, free_bytes: 10e9 }), 'Disk')).toMatchObject({
      state: 'failing',
      why: 'Free some, or keep records for a shorter time: 10.0 GB are left.',
    });
  });

  it('forecasts in words, and no further than anybody knows', () => {
    expect(diskForecast(null, NOON)).toBe('not at this pace');
    expect(diskForecast(5000, NOON)).toBe('not within ten years');
    expect(diskForecast(730, NOON)).toBe('in about 2.0 years');
    expect(diskForecast(12.4, NOON)).toMatch(/^in 12 days \(2[123] Mar\)$/);
    expect(diskForecast(0.5, NOON)).toBe('in 12 h');
  });

  it('tells growth with its sign, and that it is not known yet', () => {
    const { database } = systemOf();
    const grows = (perDay: number | null) =>
      partOf(
        systemOf({ database: { ...database, bytes_per_day: perDay, measured_since: null } }),
        'Database',
      ).facts.find((fact) => fact.name === 'grows')?.value;
    expect(grows(null)).toBe('known after a day');
    expect(grows(-2e6)).toBe('−2.00 MB a day');
    expect(grows(12)).toBe('12 B a day');
  });

  it('puts what fails before what wants a look', () => {
    const { sums } = systemOf();
    const say = (system: System) => healthSentence(system, healthParts(system, NOON)).lead;
    expect(say(systemOf())).toBe('Sentinel is well.');
    expect(say({ ...diskOf({ days_left: 13 }), sums: { ...sums, waiting_s: 200 } })).toBe(
      'Look at sums and disk.',
    );
    expect(say({ ...diskOf({ days_left: 13 }), sums: { ...sums, waiting_s: 4000 } })).toBe(
      'Sentinel needs help: sums.',
    );
    const refused = systemOf({
      rejections_24h: [
        { code: 'a', count: 2 },
        { code: 'b', count: 3 },
      ],
    });
    expect(healthSentence(refused, []).rest[1]).toBe('5 refused in 24 h.');
  });
});

describe('refusals', () => {
  it('are added up by agent; names that nobody has are told apart', () => {
    const { byId, unknown } = refusedByAgent([
      rejectionOf({ count: 2 }),
      rejectionOf({ agent: 'id-alpha', count: 3 }),
      rejectionOf({ agent: 'gamma', agent_id: null }),
      rejectionOf({ agent: 'gamma', agent_id: null, code: 'x' }),
      rejectionOf({ agent: '', agent_id: null }),
    ]);
    expect([...byId]).toEqual([['id-alpha', 5]]);
    expect(unknown).toEqual(['gamma']);
  });
});

describe('a key to make', () => {
  const made = (part: object) => keyFromDraft({ ...EMPTY_KEY, name: ' a ', ...part }, NOON);

  it('has what only writing keys have where it writes', () => {
    expect(made({})).toEqual({ key: { name: 'a', scope: 'ingest' } });
    expect(made({ agents: ['x'], rate: '0' })).toEqual({
      key: { name: 'a', scope: 'ingest', agents: ['x'], records_per_second: 0 },
    });
    expect(made({ scope: 'read', agents: ['x'], rate: '5' })).toEqual({ key: { name: 'a', scope: 'read' } });
  });

  it('is good until its last day ends', () => {
    const start = new Date('2026-03-11T00:00').getTime();
    expect(made({ lastDay: '2026-03-11' })).toMatchObject({
      key: { expires_at: new Date(start + DAY_MS).toISOString() },
    });
    expect(made({ lastDay: '2026-03-01' })).toEqual({ problem: 'That day is over: the key would be too.' });
    expect(made({ lastDay: 'soon' })).toEqual({ problem: 'Write the last day as 2026-12-31.' });
  });

  it('refuses a rate that is none', () => {
    for (const rate of ['-1', '1.5', 'many', '1000001']) expect(made({ rate })).toHaveProperty('problem');
  });
});

describe('labels of an agent', () => {
  const before = { description: 'old', labels: { team: 'search', tier: '1' } };

  it('sends what changed alone', () => {
    const draft = toAgentDraft(before);
    expect(agentChange(draft, before)).toEqual({ change: {} });
    const added = { ...nextLabel(draft), name: ' env ', value: ' prod ' };
    const kept = draft.labels.filter((label) => label.name !== 'tier');
    expect(agentChange({ description: ' new ', labels: [...kept, added, nextLabel(draft)] }, before)).toEqual(
      {
        change: { description: 'new', labels: { env: 'prod', tier: null } },
      },
    );
  });

  it('says what is wrong', () => {
    const wrong = (labels: { name: string; value: string }[]) =>
      agentChange({ description: '', labels: labels.map((label, id) => ({ id, ...label })) }, before);
    expect(wrong([{ name: '', value: 'x' }])).toEqual({ problem: 'A label needs a name.' });
    expect(wrong([{ name: 'x', value: '' }])).toHaveProperty('problem');
    expect(wrong([{ name: 'x'.repeat(101), value: 'y' }])).toHaveProperty('problem');
    expect(
      wrong([
        { name: 'x', value: 'y' },
        { name: 'x ', value: 'z' },
      ]),
    ).toEqual({
      problem: 'The label x stands there twice.',
    });
    const many = Array.from({ length: 65 }, (_, index) => ({ name: `n${index}`, value: 'v' }));
    expect(wrong(many)).toEqual({ problem: 'An agent has at most 64 labels.' });
  });
});

describe('parts of the agent page', () => {
  it('finds sub-agents, the busiest first', () => {
    const parent = { agent_id: 'id-boss', name: 'boss' };
    const sub = (name: string, requests: number) =>
      agentOf(name, { parent, today: { requests, errors: 0, cost_usd: null } });
    const agents = [sub('b', 1), agentOf('other'), sub('a', 1), sub('busy', 9)];
    expect(subAgentsOf(agents, 'id-boss').map((agent) => agent.name)).toEqual(['busy', 'a', 'b']);
  });

  it('shows few custom metrics unasked, and as many as one question takes when asked', () => {
    const names = Array.from({ length: 40 }, (_, index) => `m${index}`);
    expect(shownCustom(names, false)).toHaveLength(6);
    expect(shownCustom(names, true)).toHaveLength(32);
  });

  it('knows what stands alone in which chart', () => {
    expect(aloneText('tokens', 'output')).toBe('tokens:output');
    expect(aloneText('tokens', null)).toBeNull();
    expect(aloneIn('tokens:output', 'tokens')).toBe('output');
    expect(aloneIn('tokens:output', 'latency_ms')).toBeNull();
    expect(aloneIn(null, 'tokens')).toBeNull();
  });
});
