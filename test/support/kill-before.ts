import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** The calls by which files, folders and the kernel's list change. */
const changing = [
  'openSync',
  'writeSync',
  'writeFileSync',
  'fchmodSync',
  'fsync',
  'renameSync',
  'rmSync',
  'unlinkSync',
] as const;

/** The same, and those by which locks are taken and given back, and what is there is read. */
export const everyCall = [
  ...changing,
  'closeSync',
  'mkdirSync',
  'rmdirSync',
  'fstatSync',
  'lstatSync',
  'readdirSync',
  'readFileSync',
] as const;

type Call = (typeof everyCall)[number];

/** Calls that count: those of these names. */
export type Deadly = [target: object, names: readonly string[]];

/**
 * Lets this process die, by a real SIGKILL, when it is about to make its nth such call.
 * @param also calls of other things that count, too
 */
export function killBefore(call: number, among: readonly Call[] = changing, also: readonly Deadly[] = []): void {
  let made = 0;
  for (const [target, names] of [[fs, among] as Deadly, ...also]) {
    for (const name of names) {
      const original = (target as Record<string, (...args: unknown[]) => unknown>)[name]!;
      const deadly = function (this: unknown, ...args: unknown[]) {
        if (++made === call) process.kill(process.pid, 'SIGKILL');
        return original.apply(this, args);
      };
      Object.assign(target, { [name]: deadly });
    }
  }
  syncBuiltinESMExports();
}
