// Makes docs/api/metrics-api.md and db-api.md from the contracts: every operation, its parameters, its answers, and the shapes.
//   node api_docs.mjs          writes them        node api_docs.mjs --check     whether they are current
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

process.chdir(new URL('..', import.meta.url).pathname);

// openapi-typescript, which the dashboard has, brings a YAML parser along.
const require = createRequire(new URL('../frontend/package.json', import.meta.url));
const viaTypes = createRequire(require.resolve('openapi-typescript'));
const viaRedocly = createRequire(viaTypes.resolve('@redocly/openapi-core'));
const yaml = viaRedocly('js-yaml');

const cell = (text) => String(text ?? '').replaceAll('\n', ' ').replaceAll('|', '\\|').trim();
const nameOf = (reference) => reference.split('/').at(-1);

/** A schema in a few words: a link where it has a name, its limits where it has some. */
function shape(schema) {
  if (schema === undefined || schema === true) return 'anything';
  if (schema.$ref) return `[${nameOf(schema.$ref)}](#${nameOf(schema.$ref).toLowerCase()})`;
  for (const [key, word] of [['oneOf', ' or '], ['anyOf', ' or '], ['allOf', ' with ']]) {
    if (schema[key]) return schema[key].map(shape).join(word);
  }
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const types = [schema.type ?? 'anything'].flat();
  const words = types.map((type) => {
    if (type === 'array') return `array of ${shape(schema.items)}`;
    if (type !== 'object') return type;
    return schema.additionalProperties && schema.additionalProperties !== true && !schema.properties
      ? `object of ${shape(schema.additionalProperties)}`
      : 'object';
  });
  const limits = [];
  const range = (least, most, unit) => {
    if (least !== undefined && most !== undefined) limits.push(`${least} to ${most}${unit}`);
    else if (least !== undefined) limits.push(`at least ${least}${unit}`);
    else if (most !== undefined) limits.push(`at most ${most}${unit}`);
  };
  if (schema.format) limits.push(schema.format);
  range(schema.minimum, schema.maximum, '');
  range(schema.minLength, schema.maxLength, ' characters');
  range(schema.minItems, schema.maxItems, ' items');
  range(schema.minProperties, schema.maxProperties, ' names');
  if (schema.pattern) limits.push(`\`${schema.pattern}\``);
  if (schema.default !== undefined) limits.push(`default \`${[schema.default].flat().join(', ')}\``);
  return words.join(' or ') + (limits.length > 0 ? ` (${limits.join('; ')})` : '');
}

function rows(head, body) {
  if (body.length === 0) return '';
  return `| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${body.map((row) => `| ${row.map(cell).join(' | ')} |\n`).join('')}\n`;
}

/** Properties of an object, those of objects inside of it below their name. */
function properties(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const own = [`\`${prefix}${name}\``, shape(inner), schema.required?.includes(name) ? 'always' : '', inner.description];
    const items = inner.type === 'array' ? inner.items : inner;
    return [own, ...(items?.properties ? properties(items, `${prefix}${name}${inner.type === 'array' ? '[]' : ''}.`) : [])];
  });
}

function page(name) {
  const contract = yaml.load(readFileSync(`contracts/${name}.openapi.yaml`, 'utf8'));
  const follow = (item) => {
    let found = item;
    while (found.$ref) found = found.$ref.split('/').slice(1).reduce((at, key) => at[key], contract);
    return found;
  };
  const types = (content) => Object.entries(content ?? {}).map(([type, { schema }]) => `\`${type}\`: ${shape(schema)}`).join('; ');
  let text = `# ${contract.info.title}\n\nMade from [the contract](../../contracts/${name}.openapi.yaml) by \`tools/api_docs.mjs\`, version ${contract.info.version}.\n\n${contract.info.description.trim()}\n\n`;
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      text += `## ${method.toUpperCase()} ${path}\n\n${operation.summary}.\n\n`;
      if (operation['x-permission']) text += `Permission: ${operation['x-permission']}.\n\n`;
      if (operation.description) text += `${operation.description.trim()}\n\n`;
      const parameters = (operation.parameters ?? []).map(follow);
      text += rows(
        ['parameter', 'in', 'value', 'meaning'],
        parameters.map((one) => [`\`${one.name}\`${one.required ? ' (needed)' : ''}`, one.in, shape(one.schema), one.description]),
      );
      if (operation.requestBody) text += `Body: ${types(follow(operation.requestBody).content)}\n\n`;
      text += rows(
        ['answer', 'body', 'meaning'],
        Object.entries(operation.responses).map(([status, response]) => [status, types(follow(response).content), follow(response).description]),
      );
    }
  }
  text += '## Shapes\n\n';
  for (const [schemaName, schema] of Object.entries(contract.components.schemas)) {
    text += `### ${schemaName}\n\n`;
    if (schema.description) text += `${schema.description.trim()}\n\n`;
    const fields = properties(schema);
    text += fields.length > 0 ? rows(['field', 'value', 'there', 'meaning'], fields) : `${shape(schema)}\n\n`;
  }
  return `${text.trimEnd()}\n`;
}

const check = process.argv.includes('--check');
let failures = 0;
for (const name of ['metrics-api', 'db-api']) {
  const file = `docs/api/${name}.md`;
  const text = page(name);
  if (!check) writeFileSync(file, text);
  else if (text !== readFileSync(file, 'utf8')) {
    failures += 1;
    console.log(`${file} is not what the contract says: node tools/api_docs.mjs`);
  }
}
process.exit(failures ? 1 : 0);
