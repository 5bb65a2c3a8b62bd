// Makes src/services/generated/dbApi.ts from the contract, or with --check fails where it is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const contract = join(root, '..', 'contracts', 'db-api.openapi.yaml');
const target = join(root, 'src', 'services', 'generated', 'dbApi.ts');

const header =
  '// Generated from contracts/db-api.openapi.yaml by `npm run generate`. Change the contract, not this file.\n\n';
const wanted = header + astToString(await openapiTS(pathToFileURL(contract)));

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== wanted) {
    console.error(
      'src/services/generated/dbApi.ts is not what the contract says: run `npm run generate` and commit it.',
    );
    process.exit(1);
  }
} else {
  await writeFile(target, wanted);
}
