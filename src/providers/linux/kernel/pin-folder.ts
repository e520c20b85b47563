import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { osCode } from '../../../machine/file-error.ts';
import { leadsTo } from '../../../machine/life-file.ts';
import { bindFlock } from '../../../native/posix/flock.ts';
import { ServiceError } from '../../../protocol/errors.ts';
import { onGateFile } from './failure.ts';

/** BPF_FS_MAGIC of linux/magic.h */
const bpffs = 0xcafe4a11;
const ownerAlone = 0o700;
const retryMilliseconds = 5;
const longestWaitMilliseconds = 10_000;

/** Whether the folder is there; it is where a gate is, or was a moment ago. */
export const isThere = (folder: string): boolean =>
  onGateFile('examine', folder, () => lstatSync(folder, { throwIfNoEntry: false })) !== undefined;

/**
 * Runs the work while no other process of ours is at the pins. Makes the folder where there is none.
 * @throws ServiceError NotSupported where it is in no bpffs, AccessDenied where it is not safe, LedgerBusy, OsError
 */
export async function withPinFolder<T>(folder: string, userId: number, work: () => Promise<T>): Promise<T> {
  checkFileSystem(dirname(folder));
  const descriptor = await lock(folder, userId);
  try {
    return await work();
  } finally {
    closeSync(descriptor);
  }
}

function checkFileSystem(parent: string): void {
  const type = onGateFile('examine', parent, () => statfsSync(parent).type);
  if (type === bpffs) return;
  throw new ServiceError('NotSupported', `No BPF file system is mounted at ${parent}, so nothing can be kept there.`, {
    target: parent,
    hint: `Mount it: mount -t bpf bpf ${parent}`,
  });
}

/** The descriptor that holds the lock, of the folder that has the name now: the last holder may have removed his. */
async function lock(folder: string, userId: number): Promise<number> {
  const tryLock = await bindFlock();
  const giveUpAt = Date.now() + longestWaitMilliseconds;
  for (;;) {
    const descriptor = onGateFile('open', folder, () => openFolder(folder));
    try {
      checkOwner(folder, descriptor, userId); // who has made it his own could keep it locked
      if (tryLock(descriptor) && leadsTo(folder, descriptor)) return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor);
    if (Date.now() > giveUpAt) {
      throw new ServiceError('LedgerBusy', `Another process keeps ${folder} locked.`, {
        target: folder,
        hint: 'Try again when that process is done.',
      });
    }
    await setTimeout(retryMilliseconds);
  }
}

function openFolder(folder: string): number {
  for (;;) {
    try {
      return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      if (osCode(error) !== 'ENOENT') throw error;
    }
    try {
      mkdirSync(folder, ownerAlone);
    } catch (error) {
      if (osCode(error) !== 'EEXIST') throw error; // another process was faster
    }
  }
}

/** A bpffs is often everybody's to make folders in. */
function checkOwner(folder: string, descriptor: number, userId: number): void {
  const { uid, mode } = fstatSync(descriptor);
  if (uid === userId && (mode & 0o077) === 0) return;
  const fault = uid === userId ? 'is open to others' : `belongs to user ${uid}`;
  throw new ServiceError('AccessDenied', `The folder ${folder} is not safe to keep the gate in: it ${fault}.`, {
    target: folder,
    hint: `Look through it, then remove it: rm -r ${folder}`,
  });
}
