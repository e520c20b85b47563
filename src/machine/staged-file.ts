import { closeSync, constants, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { onFile } from './os-error.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY } = constants;
const readableByAll = 0o644;

/** A change of a file that is prepared, with all that can fail early, and not yet seen by anybody. */
export interface StagedFile {
  /** Makes the change, to outlive a power cut. */
  commit(): void;
  /** Drops the change. */
  discard(): void;
}

function withDescriptor(descriptor: number, work: (descriptor: number) => void): void {
  try {
    work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const flushFolder = (folder: string): void => withDescriptor(openSync(folder, O_RDONLY), fsyncSync);

/** Writes a new file in place of whatever has that name; a symbolic link is not followed. */
export function writeFresh(file: string, text: string): void {
  rmSync(file, { force: true }); // what a killed process left
  withDescriptor(openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, readableByAll), (descriptor) => {
    fchmodSync(descriptor, readableByAll); // open leaves out what the umask says
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  });
}

/**
 * Prepares the file's new text, or with undefined its removal. The caller holds the folder's lock.
 * @throws ServiceError AccessDenied, OsError
 */
export function stageFile(file: string, text: string | undefined): StagedFile {
  const fresh = `${file}.new`;
  const discard = () => {
    try {
      rmSync(fresh, { force: true });
    } catch {
      // What made it fail is the one to tell; the next change removes what is left.
    }
  };
  if (text !== undefined) {
    try {
      onFile('write', file, () => writeFresh(fresh, text));
    } catch (error) {
      discard();
      throw error;
    }
  }
  return {
    commit: () =>
      onFile(text === undefined ? 'remove' : 'replace', file, () => {
        if (text === undefined) rmSync(file, { force: true });
        else renameSync(fresh, file);
        flushFolder(dirname(file));
      }),
    discard,
  };
}
