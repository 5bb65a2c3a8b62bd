// The contracts are complete: every operation has an id, a summary, a permission, its errors as problem documents; every
// $ref leads somewhere; every schema is used; no object is left open by accident.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tracked } from './files.mjs';

// openapi-typescript, which the dashboard has, brings a YAML parser along.
const require = createRequire(new URL('../frontend/package.json', import.meta.url));
const viaTypes = createRequire(require.resolve('openapi-typescript'));
const viaRedocly = createRequire(viaTypes.resolve('@redocly/openapi-core'));
const yaml = viaRedocly('js-yaml');

let failures = 0;
for (const file of tracked(['contracts'], /\.yaml$/)) {
  const text = readFileSync(file, 'utf8');
  const contract = yaml.load(text);
  const fail = (message) => {
    failures += 1;
    console.log(`${file}: ${message}`);
  };
  const ids = new Set();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method.toUpperCase()} ${path}`;
      if (!operation.operationId || ids.has(operation.operationId)) fail(`${name} needs an operationId of its own`);
      ids.add(operation.operationId);
      if (!operation.summary) fail(`${name} needs a summary`);
      if (file.includes('db-api') && !operation['x-permission']) fail(`${name} needs x-permission`);
      for (const status of Object.keys(operation.responses)) {
        if (!/^[2-5]\d\d$/.test(status)) fail(`${name} has the status ${status}`);
      }
      const open = operation.security?.length === 0;
      if (!open && !operation.responses['401']) fail(`${name} needs a credential, so it needs the answer 401`);
    }
  }
  const walk = (node, where) => {
    if (Array.isArray(node)) node.forEach((child, index) => walk(child, `${where}/${index}`));
    else if (node && typeof node === 'object') {
      if (typeof node.$ref === 'string') {
        const found = node.$ref.slice(2).split('/').reduce((at, key) => at?.[key], contract);
        if (!found) fail(`${where}: ${node.$ref} leads nowhere`);
      }
      if (node.type === 'object' && node.properties && node.additionalProperties === undefined) {
        fail(`${where}: say additionalProperties: false`);
      }
      for (const [key, child] of Object.entries(node)) walk(child, `${where}/${key}`);
    }
  };
  walk(contract, '');
  for (const [kind, entries] of Object.entries(contract.components ?? {})) {
    if (kind === 'securitySchemes') continue;
    for (const name of Object.keys(entries)) {
      if (!text.includes(`#/components/${kind}/${name}'`)) fail(`components/${kind}/${name} is used by nothing`);
    }
  }
}
process.exit(failures ? 1 : 0);
