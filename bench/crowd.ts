import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { environment } from './support.ts';

/* Many processes that begin at one moment: each loads what it needs, says so, and waits for the word. */

const library = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url));
const koffi = fileURLToPath(import.meta.resolve('koffi'));

const start = `
import { once } from 'node:events';
const [library, koffi, count] = process.argv.slice(1);
const say = (word) => process.stdout.write(word + '\\n');
const told = async () => { say('ready'); await once(process.stdin, 'data'); };
let failed = 0;
`;

const end = `
say('done ' + failed);
await once(process.stdin, 'end');
process.exit();
`;

/** Single ports, one after the other, by the library. */
export const reserving = `${start}
const { openService } = await import(library);
const service = await openService();
const warm = await service.create({ protocol: 'udp', numberOfPorts: 1 });
await service.release({ token: (warm.reservations ?? [warm])[0].token });
await told();
for (let made = 0; made < Number(count); made++) {
  await service.create({ protocol: 'tcp', numberOfPorts: 1 }).catch(() => { failed++; });
}
${end}`;

/** The least that many processes need which share a file: a lock that waits, read, write, rename. */
export const rewriting = `${start}
import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const { default: ffi } = await import(koffi);
const flock = ffi.load(null).func('int flock(int fd, int operation)');
const home = process.env.PORT_RESERVATION_HOME;
const [lock, file] = [join(home, 'floor.lock'), join(home, 'floor.json')];
await told();
for (let made = 0; made < Number(count); made++) {
  const descriptor = openSync(lock, 'a');
  flock(descriptor, 2);
  let records = [];
  try { records = JSON.parse(readFileSync(file, 'utf8')); } catch {}
  records.push({ process: process.pid, made, name: 'a record of about the length of one of ours, with a token and an owner'.repeat(3) });
  writeFileSync(file + '.' + process.pid, JSON.stringify(records));
  renameSync(file + '.' + process.pid, file);
  closeSync(descriptor);
}
${end}`;

async function word(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A process of the crowd ended with ${code}.`);
  });
  const [line] = await Promise.race([once(child.stdout!, 'data'), ended]);
  return String(line);
}

/** What a crowd took, in milliseconds, and how many of its requests failed. */
export async function crowd(
  script: string,
  processes: number,
  each: number,
): Promise<{ time: number; failed: number }> {
  const args = ['--input-type=module', '-e', script, pathToFileURL(library).href, pathToFileURL(koffi).href, `${each}`];
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, args, { env: environment(), stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  try {
    await Promise.all(children.map(word));
    const begun = performance.now();
    for (const child of children) child.stdin.write('go');
    const said = await Promise.all(children.map(word));
    const time = performance.now() - begun;
    const failed = said.reduce((sum, line) => sum + Number(/^done (\d+)/.exec(line)![1]), 0);
    return { time, failed };
  } finally {
    for (const child of children) child.stdin.end();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  }
}

/** Processes that do nothing but take processor time, for the time of the work. */
export async function besideBusyLoops<T>(count: number, work: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: count }, () => spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }));
  try {
    return await work();
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
}
