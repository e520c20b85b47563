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
  'fstatSync',
  'lstatSync',
  'readdirSync',
  'readFileSync',
] as const;

type Call = (typeof everyCall)[number];

/** Lets this process die, by a real SIGKILL, when it is about to make its nth such call. */
export function killBefore(call: number, among: readonly Call[] = changing): void {
  let made = 0;
  for (const name of among) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    const deadly = (...args: unknown[]) => {
      if (++made === call) process.kill(process.pid, 'SIGKILL');
      return original(...args);
    };
    Object.assign(fs, { [name]: deadly });
  }
  syncBuiltinESMExports();
}
