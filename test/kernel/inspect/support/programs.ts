import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { port } from './inspection.ts';

function hasGroup(processId: number): boolean {
  try {
    return process.kill(-processId, 'SIGKILL');
  } catch {
    return false;
  }
}

/** A program that runs. */
export type Running = ChildProcess & { pid: number; said: string };

/** Runs a program of Python until it says something; it and all it started are killed with the test. */
export async function python(script: string, words: readonly string[] = []): Promise<Running> {
  const child = spawn('python3', ['-u', '-c', script, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(async () => {
    // The group is there for as long as any of them is.
    while (hasGroup(child.pid!)) await setImmediate();
  });
  const [said] = await once(child.stdout!, 'data');
  return Object.assign(child, { pid: child.pid!, said: String(said).trim() });
}

/** Starts a program that watches over others; with the test it is told to end them and itself. */
export function supervise(program: string, words: readonly string[]): ChildProcess & { pid: number } {
  const child = spawn(program, words, { stdio: 'ignore', detached: true });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
    while (hasGroup(child.pid!)) await setImmediate();
  });
  return Object.assign(child, { pid: child.pid! });
}

/** Whether it is there. */
export const lives = (processId: number) => existsSync(`/proc/${processId}`);
/** Until what is no child of this process has ended, too. */
export async function gone(processId: number): Promise<void> {
  while (lives(processId)) await setImmediate();
}

/** What a program of Python does until it is told to end. */
export const idle = 'import signal; signal.pause()';

/** A control group of the version that has the names of units, with a process of the test put into it by itself. */
export function controlGroup(path: string): string {
  const root = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';
  const made: string[] = [];
  let folder = root;
  for (const name of path.split('/').filter(Boolean)) {
    folder = `${folder}/${name}`;
    if (existsSync(folder)) continue;
    mkdirSync(folder);
    made.unshift(folder);
  }
  onTestFinished(() => {
    for (const one of made) {
      try {
        rmdirSync(one);
      } catch {
        // What is killed leaves a moment later; an empty group does no harm.
      }
    }
  });
  return folder;
}

/** Listens on the port, in Python. */
export const listens = `import socket, os
l = socket.socket(); l.setsockopt(1, 2, 1); l.bind(("127.0.0.1", ${port})); l.listen()
`;
