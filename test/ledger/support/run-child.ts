import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { bundledProgram } from '../../support/bundled-program.ts';

const bundled = bundledProgram(join(import.meta.dirname, 'child.ts'));

/** How to run a child. */
export interface ChildOptions {
  /** None: no home and none to be found. */
  home?: string;
  /** Octal; default this process's. */
  umask?: string;
  /** The user it becomes; default this process's. */
  userId?: number;
  /** A command line to put in front, such as strace's. */
  under?: string[];
}

/** A running child: what it says, and how it ended. */
export interface Child {
  process: ChildProcess;
  /** The next line it says, parsed; undefined when it ended without one. */
  next(): Promise<unknown>;
  /** Ends its input and waits. */
  end(): Promise<void>;
  /** The signal or code it ended with. */
  ended: Promise<string | number>;
  /** What it wrote to stderr. */
  stderr(): string;
}

/** Runs the child with a command of child.ts. It stays until its input ends. */
export async function startChild(
  { home, umask, userId, under = [] }: ChildOptions,
  ...command: string[]
): Promise<Child> {
  const [program, ...args] = [...under, process.execPath, await bundled(), umask ?? '', `${userId ?? ''}`, ...command];
  const env = { PATH: process.env.PATH, ...(home && { PORT_RESERVATION_HOME: home }), UV_THREADPOOL_SIZE: '1' };
  const child = spawn(program!, args, { env });
  let noise = '';
  child.stderr.on('data', (chunk) => {
    noise += chunk;
  });
  child.stdin.on('error', () => {}); // the child may be gone
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    next: async () => {
      const { value, done } = await lines.next();
      return done ? undefined : JSON.parse(value);
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
    ended,
    stderr: () => noise,
  };
}

/** Runs one command and returns what it said. */
export async function runChild(options: ChildOptions, ...command: string[]): Promise<unknown> {
  const child = await startChild(options, ...command);
  const said = await child.next();
  await child.end();
  if (said === undefined)
    throw new Error(`The child said nothing and ended with ${await child.ended}: ${child.stderr()}`);
  return said;
}
