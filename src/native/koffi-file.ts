import { existsSync, readdirSync } from 'node:fs';
// By its default: webpack replaces calls of createRequire that it knows by its name.
import Module from 'node:module';
import { join } from 'node:path';
import { leftBehind, notCarried, notLoaded } from './native-part-error.ts';

const platform = `${process.platform}-${process.arch}`;

/**
 * koffi, from its native file for this platform in the folder that has those of all. The musl build is the second try, as in
 * koffi's own loader.
 * @throws NativePartError
 */
export function koffiFrom(folder: string): object {
  const load = (name: string) => Module.createRequire(folder)(join(folder, platform, name));
  try {
    return load('koffi.node');
  } catch (error) {
    if (process.platform !== 'linux') throw refusal(folder, error as Error);
    try {
      return load('koffi-musl.node');
    } catch {
      // On a system with glibc the first failure is the one to tell.
      throw refusal(folder, error as Error);
    }
  }
}

function refusal(folder: string, error: Error): Error {
  if (!existsSync(folder)) return leftBehind(folder, error);
  if (!existsSync(join(folder, platform))) return notCarried(platform, readdirSync(folder), error);
  // Want of open files is told as such, wherever it is met.
  return /Too many open files/i.test(error.message) ? error : notLoaded(error, process.platform);
}
