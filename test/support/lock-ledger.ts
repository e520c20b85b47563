import { closeSync, openSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { bindFlock } from '../../src/native/posix/flock.ts';
import { bindLockFile } from '../../src/native/windows/lock-file.ts';

/** Takes the lock of the ledger in this folder, as another process would; gives what frees it again. */
export async function lockLedger(home: string, { isShared = false } = {}): Promise<() => void> {
  const tryLock = await (platform() === 'win32' ? bindLockFile() : bindFlock());
  const descriptor = openSync(join(home, 'ledger.lock'), 'r+');
  if (!tryLock(descriptor, isShared)) throw new Error('The lock of the ledger is taken.');
  return () => closeSync(descriptor);
}
