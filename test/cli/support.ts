import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

/** Compares with the text of test/cli/golden, or writes it with UPDATE_GOLDEN. */
export function expectGolden(name: string, shown: string): void {
  const file = join(import.meta.dirname, 'golden', `${name}.txt`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, shown);
  expect(shown).toBe(readFileSync(file, 'utf8'));
}
