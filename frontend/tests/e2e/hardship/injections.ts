// What can befall a page: real answers of a running Sentinel, made hard on their way to the browser.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';

const API = '**/api/v1/**';
const STREAM = '**/api/v1/stream*';

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [name: string]: Json;
}
type Change = (answer: Json, address: URL) => Json;

const left = new WeakSet<Page>();

/** What is still on its way to it has nobody to come to. */
export async function leave(page: Page): Promise<void> {
  left.add(page);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.close();
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mapped(value: Json, change: (value: Json, name: string) => Json | undefined, name = ''): Json {
  const changed = change(value, name);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((item) => mapped(item, change, name));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, change, key)]));
}

/** Without the stream, which would bring what is injected back to what it was. */
export async function silence(page: Page): Promise<void> {
  await page.route(STREAM, () => undefined);
}

async function changeAnswers(
  page: Page,
  change: Change,
  ask = (address: URL): URL => address,
): Promise<void> {
  const answer = async (route: Route): Promise<void> => {
    const asked = ask(new URL(route.request().url()));
    if (route.request().method() !== 'GET') return route.continue({ url: asked.href });
    const response = await route.fetch({ url: asked.href });
    const type = response.headers()['content-type'] ?? '';
    if (!response.ok() || !type.includes('json')) return route.fulfill({ response });
    return route.fulfill({ response, json: change((await response.json()) as Json, asked) });
  };
  await page.route(API, (route) =>
    answer(route).catch((error: unknown) => {
      if (!left.has(page)) throw error;
    }),
  );
  await silence(page);
}

/** As many agents as wanted, made of the real ones; none at all where that is 0, and then nothing that they sent. */
export function haveAgents(page: Page, count: number): Promise<void> {
  return changeAnswers(page, (answer, { pathname }) => {
    if (!isObject(answer)) return answer;
    if (pathname === '/api/v1/agents' && Array.isArray(answer.agents)) {
      const real = answer.agents.filter(isObject);
      const agents = Array.from({ length: count }, (_, index): Json => {
        const like = real[index % real.length] ?? {};
        if (index < real.length) return like;
        const number = String(index).padStart(12, '0');
        return { ...like, name: `agent-${index}`, agent_id: `00000000-0000-4000-8000-${number}` };
      });
      const totals = isObject(answer.totals) ? answer.totals : {};
      return { ...answer, agents, totals: { ...totals, agents: count } };
    }
    if (count > 0) return answer;
    return mapped(answer, (value, name) =>
      Array.isArray(value) && ['series', 'groups', 'unpriced', 'events', 'rows'].includes(name)
        ? []
        : undefined,
    );
  });
}

/** Agents and hosts called what people call them: 200 characters of any script. Gives the names, by the real ones. */
export async function rename(page: Page, agents: readonly string[]): Promise<Map<string, string>> {
  const pieces = ['W', 'وكيل ', '監視', '👩‍👩‍👧‍👦', 'नि', '<b>&"\'\\ ${x}%2F', 'ﬃ̈', 'a\u202eb', '.. / # ? ; '];
  const names = new Map(
    agents.map((agent, index) => {
      const piece = pieces[index % pieces.length] ?? '';
      const start = `${index}${piece.repeat(200)}`;
      // Whole characters, as the server counts them.
      return [agent, Array.from(start).slice(0, 200).join('').trim()];
    }),
  );
  const real = new Map([...names].map(([name, strange]) => [strange, name]));
  const ask = (address: URL): URL => {
    const asked = new URL(address);
    const parts = asked.pathname.split('/').map((part) => decodeURIComponent(part));
    asked.pathname = parts.map((part) => encodeURIComponent(real.get(part) ?? part)).join('/');
    const params = [...asked.searchParams].map(([name, value]) => [name, real.get(value) ?? value]);
    asked.search = new URLSearchParams(params).toString();
    return asked;
  };
  const change: Change = (answer) =>
    mapped(answer, (value) => (typeof value === 'string' ? names.get(value) : undefined));
  await changeAnswers(page, change, ask);
  return names;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  oneOf?: Schema[];
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
}

interface Response {
  $ref?: string;
  content?: Record<string, { schema?: Schema }>;
}

/** The contract of db-api: what is at a `$ref`, and what an address answers. */
async function readContract() {
  // openapi-typescript, which makes the types, brings a YAML parser along.
  const viaTypes = createRequire(createRequire(import.meta.url).resolve('openapi-typescript'));
  const { load } = createRequire(viaTypes.resolve('@redocly/openapi-core'))('js-yaml') as {
    load: (text: string) => { paths: Record<string, JsonObject> };
  };
  const root = join(import.meta.dirname, '../../../..');
  const contract = load(await readFile(join(root, 'contracts/db-api.openapi.yaml'), 'utf8'));
  const at = (keys: readonly string[]): unknown =>
    keys.reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], contract);
  const resolved = <T extends { $ref?: string }>(node: T): T =>
    node.$ref === undefined ? node : resolved(at(node.$ref.slice(2).split('/')) as T);
  const answerOf = (pathname: string): Schema | undefined => {
    const fits = (path: string): boolean =>
      new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
    const paths = Object.keys(contract.paths);
    const path = paths.find((item) => item === pathname) ?? paths.find(fits) ?? '';
    const response = at(['paths', path, 'get', 'responses', '200']) as Response | undefined;
    const whole = response && resolved(response);
    return whole?.content?.['application/json']?.schema;
  };
  return { resolved, answerOf };
}

/** Every value that the contract lets be null is null. Who is signed in stays. */
export async function haveNulls(page: Page): Promise<void> {
  const { resolved, answerOf } = await readContract();
  const mayBeNull = ({ type, oneOf }: Schema): boolean =>
    [type].flat().includes('null') || (oneOf ?? []).some((item) => mayBeNull(resolved(item)));
  const nulled = (value: Json, like: Schema): Json => {
    const schema = resolved(like);
    if (mayBeNull(schema)) return null;
    if (schema.oneOf) {
      const fitting = schema.oneOf
        .map(resolved)
        .find((item) => isObject(value) && (item.required ?? []).every((name) => name in value));
      return fitting ? nulled(value, fitting) : value;
    }
    const { items, properties = {}, additionalProperties: others } = schema;
    if (Array.isArray(value)) return items ? value.map((item) => nulled(item, items)) : value;
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const own = properties[name] ?? (typeof others === 'object' ? others : undefined);
        return [name, own ? nulled(item, own) : item];
      }),
    );
  };
  await changeAnswers(page, (answer, { pathname }) => {
    const schema = answerOf(pathname);
    return pathname === '/api/v1/me' || !schema ? answer : nulled(answer, schema);
  });
}

/** The browser's clock is an hour ahead of everybody else's. */
export async function setClockWrong(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Real = Date;
    const now = (): number => Real.now() + 3_600_000;
    const Wrong = new Proxy(Real, {
      construct: (target, words: unknown[]) =>
        Reflect.construct(target, words.length === 0 ? [now()] : words) as Date,
      get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
    });
    window.Date = Wrong;
  });
}

/** Answers that satisfy `held` wait until they are let go. */
export async function hold(page: Page, held: (path: string) => boolean): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(API, async (route) => {
    if (held(new URL(route.request().url()).pathname)) await released;
    // The page may have been left meanwhile.
    await route.continue().catch(() => undefined);
  });
  return release;
}

/** The server answers with errors, to all but who is signed in; until the returned function is called. */
export async function fail(page: Page): Promise<() => Promise<void>> {
  const refuse = async (route: Route): Promise<void> => {
    if (new URL(route.request().url()).pathname === '/api/v1/me') return route.continue();
    return route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      json: {
        title: 'Unavailable',
        status: 503,
        code: 'database_unavailable',
        detail: 'The database does not answer.',
      },
    });
  };
  await page.route(API, refuse);
  return () => page.unroute(API, refuse);
}

/** Nothing answers any more. */
export async function cutOff(page: Page): Promise<void> {
  await page.route(API, (route) => route.abort('connectionrefused'));
}
