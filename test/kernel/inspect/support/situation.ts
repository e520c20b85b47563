import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Protocol } from '../../../../src/protocol/generated/contract.ts';

/** A program with a socket on a port, killed with the test. */
export interface Situation {
  processId: number;
  ended: Promise<unknown>;
}

interface SituationOptions {
  manner?: 'listen' | 'bind';
  user?: number;
  /** A command that runs another, such as `['unshare', '-n']`. */
  prefix?: readonly string[];
}

export async function startSituation(
  protocol: Protocol,
  address: string,
  port: number,
  { manner = 'listen', user = 0, prefix = [] }: SituationOptions = {},
): Promise<Situation> {
  const script = join(import.meta.dirname, 'situation.py');
  const [command, ...args] = [...prefix, 'python3', script, `${user}`, manner, protocol, address, `${port}`];
  const child: ChildProcess = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const failed = ended.then(([code]) => Promise.reject(new Error(`the program ended with ${code}`)));
  failed.catch(() => {});
  await Promise.race([once(child.stdout!, 'data'), failed]);
  return { processId: child.pid!, ended };
}
