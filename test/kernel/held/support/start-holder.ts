import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { PortRange, Protocol } from '../../../../src/protocol/generated/contract.ts';

const root = join(import.meta.dirname, '../../../..');

export interface HolderCall {
  method: 'hold' | 'release' | 'inUse' | 'user';
  protocol?: Protocol;
  range?: PortRange;
  user?: number;
}

/** A holder of ports in a process of its own, killed when the test ends. */
export interface Holder {
  child: ChildProcess;
  /** Rejects with the error's name, message and facts. */
  call(call: HolderCall): Promise<unknown>;
  /** SIGKILL, and wait for its end. */
  kill(): Promise<void>;
}

let program: Promise<string> | undefined;

function bundle(): Promise<string> {
  const entryPoints = [join(import.meta.dirname, 'holder.ts')];
  program ??= build({
    entryPoints,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['koffi'],
  }).then(({ outputFiles }) => outputFiles[0]!.text);
  return program;
}

/** Starts a holder; the wrapper is a command line to run Node with, such as `['nice']`. */
export async function startHolder(wrapper: string[] = []): Promise<Holder> {
  const [command, ...args] = [...wrapper, process.execPath, '--input-type=module', '--eval', await bundle()];
  const child = spawn(command!, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const call = async (request: HolderCall) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('the holder ended without an answer');
    const { result, error } = JSON.parse(value);
    if (error) throw error;
    return result;
  };
  return { child, call, kill };
}
