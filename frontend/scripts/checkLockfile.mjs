// The lock file names packages and their hashes, never the registry that one machine happened to use.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const text = await readFile(file, 'utf8');
const kept = text
  .split('\n')
  .filter((line) => !/^\s*"resolved": "https?:/.test(line))
  .join('\n');

if (kept !== text && process.argv.includes('--fix')) {
  await writeFile(file, kept);
} else if (kept !== text) {
  console.error(
    'package-lock.json holds addresses of a registry: run `node scripts/checkLockfile.mjs --fix`.',
  );
  process.exit(1);
}
