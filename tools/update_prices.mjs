// Turns the price data of npm's @pydantic/genai-prices, as frontend/package-lock.json pins it, into
// backend/data/model_prices.json, which is built into the services, and what the package itself says of a few hundred
// usages into a file that a unit test compares with. `--check` fails when a file is not what this makes.
// A new version: raise it in frontend/package.json, state its day below, run this.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// The package does not say when it was published.
const published = { '0.1.8': '2026-09-23' };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'frontend/node_modules/@pydantic/genai-prices');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const locked = JSON.parse(readFileSync(join(root, 'frontend/package-lock.json'), 'utf8'));
if (version !== locked.packages['node_modules/@pydantic/genai-prices'].version) {
  throw new Error(`@pydantic/genai-prices ${version} is installed, the lock file has another; run make deps`);
}
if (!published[version]) throw new Error(`say in this file when @pydantic/genai-prices ${version} was published`);
const { calcPrice, waitForUpdate } = await import(pathToFileURL(join(folder, 'dist/index.js')));

// Prices of the package, USD per million tokens, and what they are called here, pico-dollars per token. Other units of
// the package (seconds, pages, searches, images) are not counted by records and left out.
const tokenPrices = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cache_read',
  cache_write_mtok: 'cache_write',
  cache_write_1h_mtok: 'cache_write_1h',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'input_audio',
};
// A pico-dollar is the millionth of a dollar per million. Six prices of 1,700 are not whole (1/12 USD): to the nearest.
const picosPerToken = (usdPerMillion) => Math.round(usdPerMillion * 1e6);

// The package gives each price tiers of its own; here a tier is the change of all prices above so many tokens of input.
function rates(prices) {
  const row = {};
  const tiers = new Map();
  for (const [theirs, ours] of Object.entries(tokenPrices)) {
    const price = prices[theirs];
    if (price === undefined) continue;
    row[ours] = picosPerToken(price.base ?? price);
    for (const tier of price.tiers ?? []) {
      if (!tiers.has(tier.start)) tiers.set(tier.start, { above: tier.start });
      tiers.get(tier.start)[ours] = picosPerToken(tier.price);
    }
  }
  if (prices.requests_kcount !== undefined) row.request = Math.round(prices.requests_kcount * 1e9);
  // No price at all is how the package says that a model is free.
  if (Object.keys(prices).length === 0) Object.assign(row, { input: 0, output: 0 });
  if (tiers.size) row.tiers = [...tiers.values()].sort((a, b) => a.above - b.above);
  return row;
}

function secondsOfDay(text) {
  const [, hours, minutes, seconds] = text.match(/^(\d\d):(\d\d):(\d\d)Z$/) ?? [];
  if (seconds === undefined) throw new Error(`time of day ${text}: only UTC is understood`);
  return hours * 3600 + minutes * 60 + Number(seconds);
}

function condition(constraint) {
  if (!constraint) return {};
  if (constraint.type === 'start_date') return { from: `${constraint.start_date}T00:00:00Z` };
  if (constraint.type === 'time_of_date') {
    return { hours: [secondsOfDay(constraint.start_time), secondsOfDay(constraint.end_time)] };
  }
  throw new Error(`a constraint of type ${constraint.type} is not understood`);
}

// RE2 matches in linear time and has no lookahead: `^(?!A)B` is written as "not ^A, and ^B".
function withoutLookahead(regex) {
  if (!regex.includes('(?!')) return { regex };
  if (!regex.startsWith('^(?!')) throw new Error(`the lookahead in ${regex} is not understood`);
  let end = 4;
  for (let depth = 1; depth > 0; end += 1) {
    if (regex[end] === '\\') end += 1;
    else if (regex[end] === '(') depth += 1;
    else if (regex[end] === ')') depth -= 1;
  }
  const not = { not: { regex: `^(?:${regex.slice(4, end - 1)})` } };
  const rest = regex.slice(end);
  return rest ? { and: [not, withoutLookahead(`^${rest}`)] } : not;
}

function rule(match) {
  const [[kind, value]] = Object.entries(match);
  if (kind === 'or' || kind === 'and') return { [kind]: value.map(rule) };
  return kind === 'regex' ? withoutLookahead(value) : { [kind]: value };
}

// Providers by name; the models of one in the package's own order, since the first that matches is taken.
const source = [...(await waitForUpdate())].sort((a, b) => (a.id < b.id ? -1 : 1));
const providers = source.map((provider) => ({
  id: provider.id,
  ...(provider.provider_match && { match: rule(provider.provider_match) }),
  ...(provider.model_match && { models: rule(provider.model_match) }),
  ...(provider.fallback_model_providers && { fallback: provider.fallback_model_providers }),
}));
const prices = source.flatMap((provider) =>
  provider.models.flatMap((model) =>
    (Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]).map((dated) => ({
      provider: provider.id,
      model: model.id,
      match: rule(model.match),
      ...condition(dated.constraint),
      ...rates(dated.prices),
    })),
  ),
);

const lines = (items) => `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
const body = `"providers": ${lines(providers)},\n"prices": ${lines(prices)}\n}\n`;
const hash = createHash('sha256').update(body).digest('hex').slice(0, 8);
const head = {
  source: 'genai-prices',
  version: `${version}-${hash}`,
  published: published[version],
  package: `@pydantic/genai-prices ${version}`,
  licence: 'MIT, Copyright (c) Pydantic Services Inc.; see NOTICE',
  unit: 'pico-dollars (1e-12 USD) per token, per request for "request"',
};
const text = `${JSON.stringify(head, null, 0).slice(0, -1).replaceAll('","', '",\n"').replace('{', '{\n')},\n${body}`;


// Samples: a name that the rule of every fifth model matches, priced by the package at a time and for a usage.
const firstText = (match) => {
  const [[kind, value]] = Object.entries(match);
  if (kind === 'or' || kind === 'and') return value.map(firstText).find(Boolean);
  return kind === 'regex' || kind === 'not' ? undefined : value;
};
const times = ['2026-09-24T02:30:00Z', '2026-09-24T12:00:00Z', '2026-02-01T00:00:00Z', '2025-06-01T08:00:00Z'];
const usages = [
  { input_tokens: 1_234, output_tokens: 567 },
  { input_tokens: 200_001, output_tokens: 8_191, cache_read_tokens: 150_000, cache_write_tokens: 20_000 },
  { input_tokens: 7, output_tokens: 3, cache_read_tokens: 7 },
  { input_tokens: 300_000, output_tokens: 64_000, cache_read_tokens: 1, cache_write_tokens: 299_000, output_reasoning_tokens: 60_000 },
  { input_tokens: 50_000, output_tokens: 1, cache_write_tokens: 40_000, cache_write_1h_tokens: 30_000 },
];
const samples = [];
let turn = 0;
for (const provider of source) {
  for (const model of provider.models.filter((_, index) => index % 5 === 0)) {
    const name = firstText(model.match);
    const timestamp = times[(turn += 1) % times.length];
    const usage = usages[turn % usages.length];
    const found = name && calcPrice(usage, name, { providerId: provider.id, timestamp: new Date(timestamp) });
    if (!found) continue;
    // What is not charged by the token costs nothing there and is unpriced here.
    const keys = Object.keys(found.model_price);
    if (keys.length > 0 && !(keys.includes('input_mtok') && keys.includes('output_mtok'))) continue;
    // Nor is a price compared that is not whole pico-dollars.
    if (Object.values(found.model_price).some((price) => !Number.isInteger(Number(((price.base ?? price) * 1e6).toFixed(6))))) continue;
    samples.push({ provider: provider.id, name, timestamp, ...usage, usd: Number(found.total_price.toFixed(9)) });
  }
}

let stale = 0;
for (const [path, made] of [
  ['backend/data/model_prices.json', text],
  ['backend/tests/unit/pricing/genai_prices_samples.json', `${lines(samples)}\n`],
]) {
  if (!process.argv.includes('--check')) {
    writeFileSync(join(root, path), made);
  } else if (readFileSync(join(root, path), 'utf8') !== made) {
    stale += 1;
    console.log(`${path} is not what tools/update_prices.mjs makes of the locked package; run it`);
  }
}
if (!process.argv.includes('--check')) {
  console.log(`${prices.length} prices of ${providers.length} providers, ${samples.length} samples, version ${head.version}`);
}
process.exit(stale ? 1 : 0);
