import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { ownHome, workerFile } from '../support/worker.ts';

export const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/** Why the editor's example cannot be run here, or nothing. */
export const missing = (editor: string): string =>
  spawnSync(editor, ['--version']).status === 0 ? '' : ` (skipped: no ${editor} on PATH)`;

const library = JSON.stringify(new URL('../../dist/lib/index.js', import.meta.url).href);
const listing = `import { openService } from ${library};
const service = await openService({ provider: 'ledger' });
process.stdout.write(JSON.stringify(await service.list()));
`;
const taking = `import { openService } from ${library};
const service = await openService({ provider: 'ledger' });
const taken = service.create({ protocol: 'tcp', startPort: Number(process.argv[2]) });
process.stdout.write(await taken.then(() => 'taken', (error) => error.errorName));
await service.close();
`;
const listening = `const server = require('node:net').createServer().listen(0, () => console.log(server.address().port));`;
const server = `import { createServer } from 'node:net';
const server = createServer().listen(Number(process.env.PORT), '127.0.0.1', () =>
  process.stdout.write('listening on ' + server.address().port + '\\n'),
);
`;

/**
 * A project in a folder of its own, and what the scripts in the editors find in their environment: NODE and WORKER, LIST (a
 * file that prints the reservations), TAKE (one that reserves the port it is given, and prints why it cannot), SERVE (a command
 * that listens on $PORT), TAKEN (a port that somebody listens on).
 */
export async function project(onTestFinished: (work: () => void) => void, name: string) {
  const env = ownHome(onTestFinished);
  const home = env.PORT_RESERVATION_HOME!;
  const folder = join(home, 'projects', name);
  mkdirSync(folder, { recursive: true });
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const list = file('list.mjs', listing);
  // A process of its own: what a session lives by, the service tells nobody to end.
  const listener = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void listener.kill());
  const [port] = await once(listener.stdout, 'data');
  const taken = Number(port);
  Object.assign(env, {
    HOME: home,
    LC_ALL: 'C.UTF-8',
    NODE: process.execPath,
    WORKER: workerFile,
    LIST: list,
    TAKE: file('take.mjs', taking),
    SERVE: `${process.execPath} ${file('serve.mjs', server)}`,
    TAKEN: String(taken),
  });
  /** Waits until nothing is reserved: the worker of an editor that has ended is gone, too. */
  const nothingReserved = () =>
    expect
      .poll(() => runForJson(process.execPath, [list], { folder, env }), { timeout: 50_000 })
      .toEqual({ reservations: [] });
  return { folder, env, taken, nothingReserved };
}

/** Runs a program to its end and gives what it wrote as JSON to its output. */
export async function runForJson(
  program: string,
  args: string[],
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
  // biome-ignore lint/suspicious/noExplicitAny: each script reports values of its own
): Promise<any> {
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: folder, env });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${program} reported nothing.\nstdout: ${stdout}\nstderr: ${stderr}`);
  }
}
