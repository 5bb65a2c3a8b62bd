// Every relative link and picture in a document leads to a file of the repository.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { tracked } from './files.mjs';

let failures = 0;
for (const file of tracked(['.'], /\.md$/)) {
  const text = readFileSync(file, 'utf8').replace(/```[\s\S]*?```/g, '');
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/i.test(target) || target.startsWith('#')) continue;
    const path = normalize(join(dirname(file), decodeURIComponent(target.split('#')[0])));
    if (!existsSync(path)) {
      failures += 1;
      console.log(`${file}: the link ${target} leads nowhere`);
    }
  }
}
process.exit(failures ? 1 : 0);
