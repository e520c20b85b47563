import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { ErrorFacts, ErrorName } from '../../../../src/protocol/errors.ts';
import { bundledProgram } from '../../../support/bundled-program.ts';
import type { Task } from './gate-host.ts';

/** What came of a call in another process. */
interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: each method has a result of its own
  result?: any;
  error?: { message: string; errorName?: ErrorName; facts: ErrorFacts; stack?: string };
}

export interface GateProcess {
  child: ChildProcess;
  /** The next line it says; undefined at its end. */
  next(): Promise<Outcome | undefined>;
  /** Its end: how, and all it said that was not read yet. */
  end(): Promise<{ signal: string | null; outcomes: Outcome[] }>;
}

const bundled = bundledProgram(join(import.meta.dirname, 'gate-host.ts'));
const asText = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
const bigints = (_key: string, value: unknown) =>
  typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;

/** Starts a process that does the task. @param before a command line that runs it, with fewer rights for example */
export async function startAtGate(task: Task, before: readonly string[] = []): Promise<GateProcess> {
  const [program, ...args] = [...before, process.execPath, await bundled(), JSON.stringify(task, asText)];
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<Outcome | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value, bigints);
  };
  return {
    child,
    next,
    end: async () => {
      child.stdin!.end();
      const outcomes: Outcome[] = [];
      for (let outcome = await next(); outcome; outcome = await next()) outcomes.push(outcome);
      const [, signal] = await exited;
      return { signal, outcomes };
    },
  };
}

/** Does the task in another process, to its end. */
export const atGate = async (task: Task, before?: readonly string[]) => (await startAtGate(task, before)).end();
