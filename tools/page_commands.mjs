// The commands of pages, for the tests that run them: each ```sh block below a line <!-- test: NAME --> belongs to that test.
//   node page_commands.mjs NAME PAGE...    the script of that test, in the order of the pages
//   node page_commands.mjs --check         whether each command of quickstart and deployment is run by a script here, or says
//                                          <!-- untested -->
import { readFileSync } from 'node:fs';
import { tracked } from './files.mjs';

const block = /(?:<!-- (?:test: )?(\w+) -->\n)?```sh\n([\s\S]*?)```/g;
const [wanted, ...pages] = process.argv.slice(2);

if (wanted === '--check') {
  const scripts = tracked(['tools'], /\.sh$/).map((file) => readFileSync(file, 'utf8'));
  const names = scripts.flatMap((text) => [...text.matchAll(/\b(?:run_pages|commands_of) (\w+)/g)].map(([, name]) => name));
  let failures = 0;
  for (const page of tracked(['docs/quickstart.md', 'docs/deployment', 'docs/operating/backup.md'], /\.md$/)) {
    for (const [, name, commands] of readFileSync(page, 'utf8').matchAll(block)) {
      if (name === 'untested' || names.includes(name)) continue;
      failures += 1;
      console.log(`${page}: no test runs '${commands.split('\n')[0]}': put <!-- test: ${[...new Set(names)].join('|')} --> above it`);
    }
  }
  process.exit(failures ? 1 : 0);
}
let found = 0;
for (const page of pages) {
  for (const [, name, commands] of readFileSync(page, 'utf8').matchAll(block)) {
    if (name !== wanted) continue;
    found += 1;
    console.log(`# ${page}\n${commands}`);
  }
}
// A page without commands is a page that was renamed.
if (found === 0) {
  console.error(`no command for ${wanted} in ${pages.join(' ')}`);
  process.exit(1);
}
