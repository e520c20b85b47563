import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, paired } from '../measure.ts';
import { environment, workerFile } from '../support.ts';

const source = fileURLToPath(new URL('../../bench/cases/on-demand.c', import.meta.url));

/** As Debian's python3-portpicker has it. */
const portserver = '/usr/lib/python3/dist-packages/portserver.py';

const listens = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });

/** Starts a server, and waits until it listens. */
async function serve(path: string, file: string, ...words: string[]): Promise<ChildProcess> {
  const child = spawn(file, words, { env: environment(), stdio: 'ignore' });
  while (!(await listens(path))) await new Promise((resolve) => setTimeout(resolve, 20));
  return child;
}

const many: Case = {
  name: 'on demand: 16 processes, 10 ports each',
  async run() {
    const folder = environment().PORT_RESERVATION_HOME!;
    const client = join(folder, 'on-demand');
    if (!existsSync(portserver) || spawnSync('gcc', ['-O1', '-o', client, source]).status !== 0) {
      return [{ name: `${this.name} (skipped: no gcc or portserver)`, milliseconds: 0 }];
    }
    const [ours, theirs] = [join(folder, 'ours.sock'), join(folder, 'theirs.sock')];
    const servers = await Promise.all([
      serve(ours, process.execPath, join(workerFile, '../portreservation.mjs'), 'serve', '--listen', ours),
      serve(theirs, '/usr/bin/python3', portserver, '--portserver_address', theirs),
    ]);
    const all = (path: string) => void execFileSync(client, [path, '16', '10']);
    const measured = await paired(
      15,
      () => all(ours),
      () => all(theirs),
    );
    for (const server of servers) {
      server.kill();
      await once(server, 'exit');
    }
    return [{ name: this.name, ...measured, floor: "portpicker's portserver, same client", aim: '<= 2 x, <= 60 ms' }];
  },
};

export const onDemandCases: Case[] = [many];
