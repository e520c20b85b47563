import { type ChildProcessWithoutNullStreams, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawPeer } from './frames.ts';

/** The worker as it ships: `npm test` builds it first. */
export const workerFile = join(import.meta.dirname, '../../dist/PortReservation/worker/worker.mjs');
if (!existsSync(workerFile)) throw new Error(`${workerFile} is missing; run npm run build.`);

/** An environment whose ledger is a folder of its own, gone with the test. */
export function ownHome(onTestFinished: (work: () => void) => void): NodeJS.ProcessEnv {
  const home = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return { ...process.env, PORT_RESERVATION_HOME: home };
}

export interface RawWorker {
  child: ChildProcessWithoutNullStreams;
  peer: RawPeer;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** All it wrote to its log, once it has ended. */
  log: () => string;
}

/** Starts the built worker; the test speaks bytes with it. It is ended with the test. */
export function startRawWorker(
  onTestFinished: (work: () => void) => void,
  { args = ['--stdio'], ...options }: SpawnOptions & { args?: string[] } = {},
): RawWorker {
  const env = options.env ?? ownHome(onTestFinished);
  const child = spawn(process.execPath, [workerFile, ...args], {
    ...options,
    env,
    stdio: 'pipe',
  }) as ChildProcessWithoutNullStreams;
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, peer: new RawPeer(child.stdout, child.stdin), ended, log: () => log };
}
