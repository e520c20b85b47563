import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { leftBehind, notCarried, notLoaded } from './native-part-error.ts';

declare const KOFFI_FOLDER: string;

const platform = `${process.platform}-${process.arch}`;

/**
 * What the bundles get instead of the koffi package: its native file for this platform, from the folder beside the
 * bundle. The musl build is the second try, as in koffi's own loader.
 */
function load(): unknown {
  const require = createRequire(import.meta.url);
  try {
    return require(`${KOFFI_FOLDER}/${platform}/koffi.node`);
  } catch (error) {
    if (process.platform !== 'linux') throw refusal(error as Error);
    try {
      return require(`${KOFFI_FOLDER}/${platform}/koffi-musl.node`);
    } catch {
      // On a system with glibc the first failure is the one to tell.
      throw refusal(error as Error);
    }
  }
}

function refusal(error: Error): Error {
  const folder = fileURLToPath(new URL(`${KOFFI_FOLDER}/`, import.meta.url));
  if (!existsSync(folder)) return leftBehind(folder, error);
  if (!existsSync(`${folder}${platform}`)) return notCarried(platform, readdirSync(folder), error);
  // Want of open files is told as such, wherever it is met.
  return /Too many open files/i.test(error.message) ? error : notLoaded(error, process.platform);
}

export default load();
