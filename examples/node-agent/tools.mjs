// The tools that the agent offers to the model. Each takes the model's arguments and gives a text.
import { readFile, readdir } from 'node:fs/promises';

const folder = new URL('./', import.meta.url);

export const toolDescriptions = [
  describe('calculator', 'Computes an arithmetic expression', { expression: { type: 'string' } }),
  describe('search_files', "Finds a text in the files of the agent's own folder", {
    text: { type: 'string' },
  }),
  describe('clock', 'Tells date and time in UTC', {}),
];

export const tools = {
  calculator: ({ expression }) => `${expression} = ${calculate(expression)}`,
  clock: () => `it is ${new Date().toISOString()}`,
  async search_files({ text }) {
    const hits = [];
    for (const name of (await readdir(folder)).sort()) {
      const lines = (await readFile(new URL(name, folder), 'utf8')).split('\n');
      const numbers = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
      if (numbers.length > 0) hits.push(`${name} (line ${numbers.slice(0, 3).join(', ')})`);
    }
    return hits.length > 0 ? `"${text}" is in ${hits.join(' and ')}` : `"${text}" is nowhere`;
  },
};

function describe(name, description, properties) {
  return { type: 'function', function: { name, description, parameters: { type: 'object', properties } } };
}

// Sums of products of numbers and parentheses: a parser, so that a model's text is never run as code.
export function calculate(expression) {
  const tokens = expression.match(/\d+(?:\.\d+)?|[-+*/()]/g) ?? [];
  let at = 0;
  const factor = () => {
    const token = tokens[at++];
    if (token === '-') return -factor();
    if (token !== '(') {
      if (!/^\d/.test(token ?? '')) throw new Error(`'${expression}' is not an expression`);
      return Number(token);
    }
    const value = sum();
    if (tokens[at++] !== ')') throw new Error(`a parenthesis is open in '${expression}'`);
    return value;
  };
  const product = () => {
    let value = factor();
    while (tokens[at] === '*' || tokens[at] === '/')
      value = tokens[at++] === '*' ? value * factor() : value / factor();
    return value;
  };
  const sum = () => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-')
      value = tokens[at++] === '+' ? value + product() : value - product();
    return value;
  };
  const value = sum();
  if (at < tokens.length) throw new Error(`'${expression}' goes on after its end`);
  return Number(value.toPrecision(12));
}
