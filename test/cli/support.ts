import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import { ownHome } from '../support/worker.ts';

/** The command line as it ships: `npm test` builds it first. */
export const portreservation = join(import.meta.dirname, '../../dist/PortReservation/worker/portreservation.mjs');
if (!existsSync(portreservation)) throw new Error(`${portreservation} is missing; run npm run build.`);

/** How a run of the command line ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command line as a process, each time with the same ledger of its own. */
export function commandLine(): (...words: string[]) => Promise<Outcome> {
  const env = ownHome(onTestFinished);
  return async (...words) => {
    const child = spawn(process.execPath, [portreservation, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, stdout, stderr };
  };
}

/** A run of the command line that goes on while the test does something. */
export interface Running {
  child: ChildProcess;
  /** The next line that fits, on either stream; fails when the run ends without one. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  ended: Promise<Outcome>;
}

const isWindows = process.platform === 'win32';

/** A process and what it started, unless that went away from its group. */
function killGroup(processId: number): void {
  try {
    process.kill(isWindows ? processId : -processId, 'SIGKILL');
  } catch {
    // They have ended.
  }
}

/** Starts the command line; it and what it runs are killed with the test. */
export function start(words: string[], { env = ownHome(onTestFinished), ...options }: SpawnOptions = {}): Running {
  const child = spawn(process.execPath, [portreservation, ...words], {
    ...options,
    detached: !isWindows,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => killGroup(child.pid!));
  const said = { stdout: '', stderr: '' };
  const changed = new EventEmitter();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      changed.emit('change');
    });
  }
  let hasEnded = false;
  const ended = once(child, 'close').then(([code, signal]) => {
    hasEnded = true;
    changed.emit('change');
    return { code: code ?? signal, ...said };
  });
  const line = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(said.stdout) ?? pattern.exec(said.stderr);
      if (found) return found;
      if (hasEnded) throw new Error(`${pattern} was not said: ${JSON.stringify(said)}`);
      await once(changed, 'change');
    }
  };
  return { child, line, ended };
}

/** Compares with the text of test/cli/golden, or writes it with UPDATE_GOLDEN. */
export function expectGolden(name: string, shown: string): void {
  const file = join(import.meta.dirname, 'golden', `${name}.txt`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, shown);
  expect(shown).toBe(readFileSync(file, 'utf8'));
}
