// Runs a client as a program of its own, which knows nothing but its environment.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Gives what the client printed last, as JSON, and its process id. Fails when it ends with an error, or says anything on
 * stderr: exporters complain there of what the server refused.
 */
export async function runClient(file, environment) {
  const child = spawn(process.execPath, [join(folder, file)], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complaints = '';
  child.stdout.on('data', (part) => (printed += part));
  child.stderr.on('data', (part) => (complaints += part));
  const [status] = await once(child, 'close');
  if (status !== 0 || complaints) throw new Error(`${file} ended with ${status}:\n${complaints}`);
  return { pid: child.pid, said: JSON.parse(printed.trim().split('\n').at(-1)) };
}
