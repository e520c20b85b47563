import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What of a process decides which folders are its user's. */
export interface UserPlace {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  userId: number | undefined;
}

/** Where a user may keep what ends with the session: in XDG_RUNTIME_DIR, or in the folders for temporary files. */
export function userFolders({ platform, env, userId }: UserPlace): string[] {
  if (platform === 'win32') return [join(tmpdir(), 'port-reservation')];
  const bases = [env.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].filter((base) => base?.startsWith('/'));
  return [...new Set(bases)].map((base) => join(base!, `port-reservation-${userId}`));
}

/** Makes it where it is not there; whether it is this user's, and nobody else comes in. */
export function isOwnFolder(path: string, userId: number | undefined): boolean {
  try {
    const above = lstatSync(dirname(path));
    // The folder for temporary files is the user's own on Windows.
    if (userId === undefined) {
      mkdirSync(path, { recursive: true });
      return true;
    }
    const isSafeAbove = above.isDirectory() && (above.uid === userId || above.uid === 0);
    if (!isSafeAbove || ((above.mode & 0o022) !== 0 && (above.mode & 0o1000) === 0)) return false;
    mkdirSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return Boolean(facts?.isDirectory() && facts.uid === userId && (facts.mode & 0o077) === 0);
}
