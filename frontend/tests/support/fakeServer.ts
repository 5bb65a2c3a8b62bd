import { vi } from 'vitest';
import type {
  Agent,
  AgentChange,
  AgentEvent,
  Change,
  Configuration,
  Costs,
  Key,
  Me,
  NewKey,
  NewPrice,
  Preferences,
  Price,
  Rejection,
  System,
  View,
} from '../../src/services/types';
import {
  bucketsOf,
  configurationOf,
  costsOf,
  groupOf,
  healthOf,
  keyOf,
  listOf,
  meOf,
  priceOf,
  systemOf,
} from './samples';

export interface Sent {
  method: string;
  path: string;
  url: URL;
  body: unknown;
}

/** The server's side of the contract, at the boundary of `fetch`. */
export class FakeServer {
  me: Me | null = meOf();
  demo = false;
  agents: Agent[] = [];
  events: AgentEvent[] = [];
  configuration: Configuration = configurationOf();
  views: View[] = [];
  value = 250;
  /** What a test states of costs; the rest is one group of each agent, or two of models and providers. */
  costs: Partial<Costs> = {};
  nowMs: () => number = Date.now;
  /** Paths that fail with a status, in the contract's problem form. */
  failures = new Map<string, number>();
  /** Requests, in any order. */
  records: Record<string, unknown>[] = [];
  changes: Change[] = [];
  keys: Key[] = [];
  prices: Price[] = [];
  /** How many records an export is said to have. */
  estimate = 3;
  /** What an export sends; a test may send it piece by piece, and see by the signal that nobody wants it any more. */
  exportBody: (url: URL, signal: AbortSignal | null) => BodyInit = () =>
    'timestamp,agent\r\n1,a\r\n2,a\r\n3,b\r\n';
  exportHeaders: Record<string, string> = {};
  system: System = systemOf();
  rejections: Rejection[] = [];
  customMetrics: string[] = [];
  preferences: Preferences = { theme: null, time_zone: null, range: null };
  sent: Sent[] = [];

  install(): this {
    vi.stubGlobal('fetch', (input: string, init?: RequestInit) => this.answer(input, init));
    return this;
  }

  requests(path: string, method = 'GET'): Sent[] {
    return this.sent.filter((item) => item.path === path && item.method === method);
  }

  private answer(input: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input, 'http://sentinel.test');
    const method = init.method ?? 'GET';
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    this.sent.push({ method, path: url.pathname, url, body });
    const failure = this.failures.get(url.pathname);
    if (failure === 0) return Promise.reject(new TypeError('network'));
    if (failure !== undefined) return Promise.resolve(problem(failure, `Refused with ${failure}.`));
    if (url.pathname === '/api/v1/health') return Promise.resolve(json(healthOf({ demo: this.demo })));
    if (this.me === null && url.pathname !== '/api/v1/sign-in')
      return Promise.resolve(problem(401, 'Sign in.'));
    return Promise.resolve(this.route(method, url, body, init.signal ?? null));
  }

  private route(method: string, url: URL, body: unknown, signal: AbortSignal | null): Response {
    const path = url.pathname;
    const agent = /^\/api\/v1\/agents\/([^/]+)$/.exec(path);
    if (agent) {
      const found = this.agents.find((item) => item.name === decodeURIComponent(agent[1] ?? ''));
      return found ? json(found) : problem(404, 'No such agent.');
    }
    const revoked = /^\/api\/v1\/keys\/([^/]+)\/revoke$/.exec(path);
    if (revoked) return this.revokeKey(revoked[1] ?? '');
    const revised = /^\/api\/v1\/agents\/([^/]+)\/revisions$/.exec(path);
    if (revised) return this.reviseAgent(decodeURIComponent(revised[1] ?? ''), body as AgentChange);
    if (path.endsWith('/custom-metrics')) return json({ names: this.customMetrics });
    if (path.endsWith('/events')) return json({ events: this.events, next_cursor: null });
    const routes: Record<string, () => Response> = {
      'GET /api/v1/me': () => json(this.me),
      'GET /api/v1/agents': () => json(listOf(this.agents, new Date(this.nowMs()).toISOString())),
      'GET /api/v1/metrics': () => json(bucketsOf(url, this.agents, this.nowMs(), this.value)),
      'GET /api/v1/requests': () => json(this.requestsAnswer(url)),
      'GET /api/v1/changes': () => json(this.changesAnswer(url)),
      'GET /api/v1/costs': () => this.costsAnswer(url),
      'HEAD /api/v1/export': () => new Response(null, { headers: this.exportHead() }),
      'GET /api/v1/export': () => new Response(this.exportBody(url, signal), { headers: this.exportHead() }),
      'GET /api/v1/system': () => json(this.system),
      'GET /api/v1/rejections': () => json(this.rejectionsAnswer(url)),
      'GET /api/v1/configuration': () => json({ configurations: [this.configuration] }),
      'POST /api/v1/configuration': () => json(this.change(body), 201),
      'GET /api/v1/keys': () => json({ keys: this.keys, next_cursor: null }),
      'POST /api/v1/keys': () => this.makeKey(body as NewKey),
      'GET /api/v1/prices': () => json(this.pricesAnswer(url)),
      'POST /api/v1/prices': () => json(this.addPrice(body as NewPrice), 201),
      'POST /api/v1/prices/withdraw': () => this.withdrawPrices(),
      'GET /api/v1/me/preferences': () => json(this.preferences),
      'POST /api/v1/me/preferences': () => {
        this.preferences = { ...this.preferences, ...(body as Partial<Preferences>) };
        return json(this.preferences, 201);
      },
      'GET /api/v1/me/views': () => json({ views: this.views }),
      'POST /api/v1/me/views': () => json(this.save(body as View), 201),
      'POST /api/v1/me/password': () => new Response(null, { status: 204 }),
      'POST /api/v1/sign-out': () => this.signOut(),
      'POST /api/v1/sign-in': () => this.signIn(body),
    };
    return routes[`${method} ${path}`]?.() ?? problem(404, `No route for ${method} ${path}.`);
  }

  private exportHead(): Record<string, string> {
    return { 'sentinel-estimated-rows': String(this.estimate), ...this.exportHeaders };
  }

  /** By page in the asked order, from `start` until before `end`. */
  private requestsAnswer(url: URL) {
    const edge = (name: string): number => Date.parse(url.searchParams.get(name) ?? '');
    const limit = Number(url.searchParams.get('limit'));
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const status = url.searchParams.get('status');
    const measure = { slowest: 'latency_ms', dearest: 'cost_usd' }[url.searchParams.get('order') ?? ''];
    const rank = (record: Record<string, unknown>): number =>
      measure === undefined ? Date.parse(String(record.timestamp)) : Number(record[measure]);
    const found = this.records
      .filter((record) => {
        const ms = Date.parse(String(record.timestamp));
        return ms >= edge('start') && ms < edge('end');
      })
      .filter((record) => status === null || record.status === status)
      .filter((record) => measure === undefined || record[measure] !== null)
      .sort((left, right) => rank(right) - rank(left));
    const columns = Object.keys(this.records[0] ?? {});
    return {
      columns,
      rows: found.slice(from, from + limit).map((record) => columns.map((column) => record[column] ?? null)),
      next_cursor: found.length > from + limit ? String(from + limit) : null,
    };
  }

  private changesAnswer(url: URL) {
    const start = url.searchParams.get('start') ?? '';
    const end = url.searchParams.get('end') ?? '';
    const length = Date.parse(end) - Date.parse(start);
    const before = { start: new Date(Date.parse(start) - 4 * length).toISOString(), end: start };
    return { window: { start, end }, before, step_s: 60, changes: this.changes };
  }

  private costsAnswer(url: URL): Response {
    const by = url.searchParams.get('group_by') ?? 'agent';
    const asked = url.searchParams.getAll('agent');
    if (asked.some((name) => !this.agents.some((agent) => agent.name === name))) {
      return problem(404, 'No such agent.');
    }
    const agents = this.agents.filter((agent) => asked.length === 0 || asked.includes(agent.name));
    const groups =
      by === 'agent'
        ? agents.map((agent) => groupOf({ agent_id: agent.agent_id, agent: agent.name }))
        : ['one', 'two'].map((name) => groupOf({ provider: 'acme', [by]: `${by}-${name}` }));
    const end = new Date(this.nowMs()).toISOString();
    return json(costsOf({ start: url.searchParams.get('start') ?? end, end, groups, ...this.costs }));
  }

  private pricesAnswer(url: URL) {
    const model = url.searchParams.get('model') ?? '';
    const own = url.searchParams.get('source') === 'user';
    const prices = this.prices.filter(
      (price) => price.model.includes(model) && (!own || price.source === 'user'),
    );
    return { prices, version: 'one', published: '2026-03-01', next_cursor: null };
  }

  private addPrice({ model, provider, input, output }: NewPrice): Price {
    const price = priceOf(model ?? '', { provider: provider ?? '', source: 'user' });
    price.usd_per_million = { ...price.usd_per_million, input: input ?? null, output: output ?? null };
    this.prices = [price, ...this.prices];
    return price;
  }

  private withdrawPrices(): Response {
    this.prices = this.prices.filter((price) => price.source !== 'user');
    return new Response(null, { status: 204 });
  }

  /** By page, of one agent or of all. */
  private rejectionsAnswer(url: URL) {
    const agent = url.searchParams.get('agent');
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const until = from + Number(url.searchParams.get('limit'));
    const found = this.rejections.filter((row) => agent === null || row.agent === agent);
    return {
      rejections: found.slice(from, until),
      next_cursor: found.length > until ? String(until) : null,
    };
  }

  private reviseAgent(name: string, { description, labels }: AgentChange): Response {
    const found = this.agents.find((agent) => agent.name === name);
    if (!found) return problem(404, 'No such agent.');
    const all = Object.entries({ ...found.labels, ...labels });
    const revised: Agent = {
      ...found,
      description: description ?? found.description,
      labels: Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== null)),
    };
    this.agents = this.agents.map((agent) => (agent === found ? revised : agent));
    return json(revised, 201);
  }

  private makeKey(wanted: NewKey): Response {
    if (this.keys.some((key) => key.name === wanted.name && key.state === 'active')) {
      return problem(409, 'A key of this name is in force.', 'key_exists');
    }
    const key = keyOf(wanted.name, { scope: wanted.scope, agents: wanted.agents ?? [] });
    this.keys = [key, ...this.keys];
    return json({ ...key, token: `sk_of_${wanted.name}` }, 201);
  }

  private revokeKey(id: string): Response {
    const found = this.keys.find((key) => key.key_id === id);
    if (!found) return problem(404, 'No such key.');
    const revoked: Key = {
      ...found,
      state: 'revoked',
      revoked_by: 'ada',
      revoked_at: '2026-03-10T12:00:00Z',
    };
    this.keys = this.keys.map((key) => (key === found ? revoked : key));
    return json(revoked);
  }

  private change(body: unknown): Configuration {
    this.configuration = { ...this.configuration, ...(body as Partial<Configuration>), agent_id: 'own' };
    return this.configuration;
  }

  private save(view: View): View {
    this.views = [...this.views, view];
    return view;
  }

  private signOut(): Response {
    this.me = null;
    return new Response(null, { status: 204 });
  }

  private signIn(body: unknown): Response {
    const { link, password } = body as { link?: string; password?: string };
    if (link !== 'good-link' && password !== 'correct horse') return problem(401, 'Not known.');
    this.me = meOf({ has_password: link === undefined });
    return json(this.me);
  }
}

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}

function problem(status: number, detail: string, code = `code_${status}`): Response {
  return json({ type: 'about:blank', title: 'Refused', status, code, detail }, status);
}
