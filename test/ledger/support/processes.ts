import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';

/** A process that stays until the test is over. */
export function sleeper(program = 'sleep', ...args: string[]): ChildProcess & { pid: number } {
  const child = spawn(program, args.length ? args : ['1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { pid: number };
}

/** The id of a process that has ended. */
export async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}

const proc = (processId: number, file: string) => readFileSync(`/proc/${processId}/${file}`, 'latin1');

/** The id of a zombie: its parent, a sleep, never asks how it ended. */
export async function zombie(): Promise<number> {
  const parent = sleeper('sh', '-c', 'sleep 1000 & echo $!; exec sleep 1000');
  const [line] = await once(parent.stdout!, 'data');
  const processId = Number(line);
  // A shell would still ask.
  await vi.waitUntil(() => proc(parent.pid, 'comm') === 'sleep\n', { timeout: 30_000 });
  process.kill(processId, 'SIGKILL');
  await vi.waitUntil(() => / Z /.test(proc(processId, 'stat')), { timeout: 30_000 });
  return processId;
}
