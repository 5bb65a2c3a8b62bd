// Rules that no formatter knows: each finding says what to do instead.
import { readFileSync } from 'node:fs';
import { tracked } from './files.mjs';

// A file of tests may be longer: it is read one test at a time.
const linesMax = (file) => (file.includes("tests/") ? 800 : 420);

const bans = [
  { where: /\.(cpp|hpp|ts|tsx|mjs|sql|sh)$/, what: /\b(TODO|FIXME|XXX|HACK)\b/, instead: 'finish it, or write it into the issue tracker' },
  { where: /tests\/.*\.(cpp|hpp)$/, what: /\b(GTEST_SKIP\(\)(?! << "needs the right)|DISABLED_)/, instead: 'make the test run everywhere; a machine may withhold a right: GTEST_SKIP() << "needs the right to …"' },
  { where: /frontend\/.*\.(ts|tsx)$/, what: /\b(it|test|describe)\.(only|skip)\b/, instead: 'make the test run' },
  { where: /backend\/src\/.*\.(cpp|hpp)$/, what: /co_await\s+[\w:.>-]+\(\s*\[/, instead: 'name the lambda before the co_await (decisions/0002)' },
  { where: /backend\/.*\.(cpp|hpp)$/, what: /\bstd::cout\b|\bprintf\(/, instead: 'use fmt::print or log::info' },
];
// This file names what it bans.
const self = 'tools/check_style.mjs';

let failures = 0;
const fail = (place, message) => {
  failures += 1;
  console.log(`${place}: ${message}`);
};

for (const file of tracked(['backend', 'frontend', 'tools', 'examples'], /\.(cpp|hpp|ts|tsx|mjs|sql|sh)$/)) {
  if (file === self || file.includes('/generated/')) continue;
  const lines = readFileSync(file, 'utf8').split('\n');
  if (lines.length > linesMax(file)) fail(file, `${lines.length} lines; cut it by step or by noun (at most ${linesMax(file)})`);
  lines.forEach((line, index) => {
    for (const { where, what, unless, instead } of bans) {
      if (where.test(file) && what.test(line) && !unless?.test(line)) fail(`${file}:${index + 1}`, `'${line.match(what)[0]}': ${instead}`);
    }
  });
}
for (const file of tracked(['.'], /\.md$/)) {
  let inCode = false;
  const titles = readFileSync(file, 'utf8').split('\n').filter((line) => {
    if (line.startsWith('```')) inCode = !inCode;
    return !inCode && line.startsWith('# ');
  });
  if (titles.length > 1) fail(file, 'has more than one # Title');
}
process.exit(failures ? 1 : 0);
