import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { environment, workerFile } from '../../support.ts';

/** The command line. */
export const program = join(workerFile, '../portreservation.mjs');

/** Whether a program is there, and answers these words. */
export const has = (file: string, ...words: string[]): boolean => spawnSync(file, words).status === 0;

/** A server at an address, to be ended. */
export interface Server {
  address: string;
  end(): Promise<void>;
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** The address of one exec, which goes on until it is ended. */
export async function treeUnderExec(): Promise<Server> {
  const words = [program, 'exec', '--quiet', '--', 'sh', '-c', 'echo "$PORTSERVER_ADDRESS"; exec sleep 1000'];
  const child = spawn(process.execPath, words, { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout!, 'data');
  return { address: String(line).trim(), end: () => ended(child) };
}

const listens = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });

/** As Debian's python3-portpicker has it. */
const portserverFile = '/usr/lib/python3/dist-packages/portserver.py';

/** Portpicker's own server; undefined where it is not installed. */
export async function portserver(): Promise<Server | undefined> {
  if (!existsSync(portserverFile)) return undefined;
  const address = join(environment().PORT_RESERVATION_HOME!, 'portserver.sock');
  const child = spawn('/usr/bin/python3', [portserverFile, '--portserver_address', address], { stdio: 'ignore' });
  while (!(await listens(address))) await new Promise((resolve) => setTimeout(resolve, 20));
  return { address, end: () => ended(child) };
}
