// The files git knows (tracked, or new and not ignored) below some folders.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export function tracked(folders, pattern) {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return [...new Set(output.split('\n'))].filter((file) => file && pattern.test(file) && existsSync(file));
}
