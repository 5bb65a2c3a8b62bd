// What a browser loads before the fleet page shows: the entry, the fleet page, and everything they import statically.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT_BYTES = 200_000;
const FIRST = ['index.html', 'src/pages/FleetPage.tsx'];

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const manifest = JSON.parse(await readFile(join(dist, '.vite', 'manifest.json'), 'utf8'));

const files = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the build has no ${key}: update FIRST in scripts/checkSize.mjs`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  (chunk.imports ?? []).forEach(visit);
};
FIRST.forEach(visit);

let total = 0;
for (const file of files) {
  const size = gzipSync(await readFile(join(dist, file))).length;
  total += size;
  console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${file}`);
}
console.log(
  `${(total / 1000).toFixed(1).padStart(7)} kB  gzipped JavaScript before the fleet page shows; the limit is ${LIMIT_BYTES / 1000} kB`,
);
if (total > LIMIT_BYTES) {
  console.error('Too much: load what the fleet page does not need with React.lazy.');
  process.exit(1);
}
