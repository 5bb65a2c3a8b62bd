import type { Costs } from '../../services/types';
import { shellWord } from '../../utils/shellWord';

export type Unpriced = Costs['unpriced'][number];

export function whyUnpriced(usage: Unpriced): string {
  return usage.model === ''
    ? 'Its records have tokens, but name no model: let the agent send model'
    : 'No price list knows this model';
}

const MOST_COMMANDS = 5;

/** What to type, so that this usage has a price: one line a model, then the correction of what is stored. */
export function priceCommands(unpriced: readonly Unpriced[], start: string): string | null {
  const named = unpriced.filter((usage) => usage.model !== '').slice(0, MOST_COMMANDS);
  if (named.length === 0) return null;
  const lines = named.map((usage) => {
    const provider = usage.provider === '' ? '' : ` --provider ${shellWord(usage.provider)}`;
    return `sentinel prices set --model ${shellWord(usage.model)}${provider} --input USD --output USD`;
  });
  return [...lines, `sentinel reprice --from ${start}`].join('\n');
}
