import { accessSync, closeSync, constants, fchmodSync, fsyncSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from '../machine/file-error.ts';
import { createAdminFolder, hasTrustedOwner } from '../native/windows/admin-folder.ts';
import { ServiceError } from '../protocol/errors.ts';
import { ledgerHints as hints } from './file-hints.ts';
import { unsafeAbove } from './folders-above.ts';
import type { LedgerFolder } from './ledger-folders.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, W_OK, X_OK } = constants;

function onFolder(path: string, action: (descriptor: number) => void, flags = 0): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY | flags);
  try {
    action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes one folder; false when something of that name is there. */
export function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, mode);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the folder and those above it, to stay after a power cut and with this mode whatever the umask. */
function makeAll(path: string, mode: number, posix: boolean): void {
  if (isThere(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeAll(parent, mode, posix);
  if (!makeOne(path, mode) || !posix) return;
  onFolder(path, (descriptor) => fchmodSync(descriptor, mode), O_NOFOLLOW);
  onFolder(parent, fsyncSync);
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Makes the ledger's folder.
 * @returns false where there is one
 */
export async function makeFolder({ path, shared }: LedgerFolder, posix: boolean): Promise<boolean> {
  try {
    if (posix && isThere(path)) return false;
    if (shared && !posix) await createAdminFolder(path);
    else makeAll(path, shared ? 0o755 : 0o700, posix);
    return true;
  } catch (error) {
    throw fileError(error, { action: 'create the folder', path, hints });
  }
}

/**
 * Refuses a folder that this user may not write to, or could not make where there is none.
 * @throws ServiceError AccessDenied, OsError
 */
export function checkMayWrite(path: string): void {
  let nearest = path;
  while (!lstatSync(nearest, { throwIfNoEntry: false }) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, W_OK | X_OK);
  } catch (error) {
    const action = nearest === path ? 'write to the folder' : 'create the folder';
    throw fileError(error, { action, path, hints });
  }
}

function refuse(path: string, fault: string, hint: string): never {
  throw new ServiceError('AccessDenied', `The folder ${path} is not safe to use with these rights: it ${fault}.`, {
    target: path,
    hint,
  });
}

function checkAsRoot(path: string): void {
  const unsafe = unsafeAbove(path);
  if (unsafe) {
    const { folder, fault } = unsafe;
    throw new ServiceError('AccessDenied', `The folder ${path} is not safe to use as root: ${folder} ${fault}.`, {
      target: path,
      hint: `Whoever may write to ${folder} could put another folder in its place: set PORT_RESERVATION_HOME to one below folders of root alone.`,
    });
  }
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (!facts) return;
  if (facts.isSymbolicLink()) refuse(path, 'is a symbolic link', 'Put a real folder in its place.');
  if (facts.uid !== 0) refuse(path, `belongs to user ${facts.uid}`, `Look through it, then run: chown root: '${path}'`);
  if (facts.mode & 0o022) refuse(path, 'is writable by others', `Look through it, then run: chmod go-w '${path}'`);
}

async function checkAsAdministrator(path: string): Promise<void> {
  let safe: boolean | undefined;
  try {
    safe = await hasTrustedOwner(path);
  } catch (error) {
    throw fileError(error, { action: 'examine the folder', path, hints });
  }
  if (safe === false) {
    refuse(
      path,
      'belongs to another user, who is no administrator',
      'Look through it and delete it; it is then made anew.',
    );
  }
}

/**
 * Refuses a folder in which somebody with fewer rights could put the files that this process then trusts and writes.
 * @param root whether this process is root's; one that writes to the system's folder on Windows is elevated
 * @throws ServiceError AccessDenied, OsError
 */
export async function checkFolder({ path, shared }: LedgerFolder, posix: boolean, root: boolean): Promise<void> {
  if (posix && root) checkAsRoot(path);
  if (!posix && shared) await checkAsAdministrator(path);
}
