import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { bindFlock } from '../native/posix/flock.ts';
import { ServiceError } from '../protocol/errors.ts';
import { onFile, osCode } from './os-error.ts';

const retryMilliseconds = 5;
const longestWaitMilliseconds = 10_000;

function openFolder(folder: string): number {
  const open = () => openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return open();
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error;
    mkdirSync(folder, 0o755);
    return open();
  }
}

/**
 * Runs the work while no other process of ours is at this folder. The ledger's lock alone does not do: root may keep
 * several ledgers, and there is one kernel. Makes the folder where there is none.
 */
export async function withFolderLock<T>(folder: string, work: () => T): Promise<T> {
  const tryLock = await bindFlock();
  const descriptor = onFile('open', folder, () => openFolder(folder));
  try {
    const giveUpAt = Date.now() + longestWaitMilliseconds;
    while (!tryLock(descriptor)) {
      if (Date.now() > giveUpAt) {
        throw new ServiceError('LedgerBusy', `Another process keeps ${folder} locked.`, {
          target: folder,
          hint: 'Try again when that process is done.',
        });
      }
      await setTimeout(retryMilliseconds);
    }
    return work();
  } finally {
    closeSync(descriptor);
  }
}
