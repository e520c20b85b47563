import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { notLoaded } from './native-part-error.ts';

const name = 'koffi.node';

/**
 * Loads a native file that the program has inside. The system loads from files alone, so it is written to one that nobody else
 * can change. Where the system lets go of it, it is removed again at once.
 * @throws NativePartError
 */
export function loadUnpacked(content: Buffer, load: (path: string) => object): object {
  const failures: Error[] = [];
  for (const place of places()) {
    try {
      return process.platform === 'win32' ? load(kept(place, content)) : loadOnce(place, content, load);
    } catch (error) {
      failures.push(error as Error);
    }
  }
  throw notLoaded(failures[0]!, process.platform);
}

/** Any of them may be full, missing, read-only, or one where nothing may be run. */
function places(): string[] {
  const { env } = process;
  if (process.platform === 'win32') return [env.LOCALAPPDATA, tmpdir()].filter((place) => place !== undefined);
  const ours = [env.XDG_RUNTIME_DIR, env.XDG_CACHE_HOME ?? join(homedir(), '.cache')];
  const all = [tmpdir(), '/tmp', '/dev/shm', ...ours, '/var/tmp', '/run'];
  return [...new Set(all.filter((place) => place?.startsWith('/')))] as string[];
}

function loadOnce(place: string, content: Buffer, load: (path: string) => object): object {
  const folder = mkdtempSync(join(place, 'portreservation-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    // A umask may have taken it away.
    chmodSync(file, 0o500);
    return load(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Windows keeps what is loaded, so there is one for all, in a folder of this user. */
function kept(place: string, content: Buffer): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const folder = join(place, 'PortReservation', 'native', hash);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  const isWhole = () => {
    try {
      return readFileSync(file).equals(content);
    } catch {
      return false;
    }
  };
  if (isWhole()) return file;
  const fresh = join(folder, `${process.pid}.new`);
  writeFileSync(fresh, content);
  try {
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    // Another may have been first, and has it loaded.
    if (!isWhole()) throw error;
  }
  return file;
}
