import { sep } from 'node:path';
import type { FileHints } from '../machine/file-error.ts';

const elsewhere = 'or set PORT_RESERVATION_HOME to a folder that this user may write';

/** Windows gives the same code for a file that another program has open. */
const open = sep === '\\' ? ' Or close the program that has it open.' : '';

const right = `Give this user the right to it, ${elsewhere}.${open}`;
const noLocks =
  'This file system has no locks: set PORT_RESERVATION_HOME to a folder on another one, such as a local disk.';
const openFiles = 'raise the limit (ulimit -n, or LimitNOFILE= of a systemd service)';

/** What to do about a failed call on a file or folder of the ledger. */
export const ledgerHints: FileHints = {
  EACCES: right,
  EPERM: right,
  EBUSY: `Another program has it in use: close it, ${elsewhere}.`,
  EROFS: `The file system is read-only: make it writable, ${elsewhere}.`,
  ENOSPC: 'The file system is full: free some space on it.',
  EDQUOT: "This user's disk quota is used up: free some space.",
  EIO: `The disk fails: look at the system's log, ${elsewhere}.`,
  ELOOP: 'Symbolic links are not followed there: put a real file or folder in its place.',
  ENOTDIR: 'A file is in the way of the folder: move it away.',
  EISDIR: 'A folder is in the way of the file: move it away.',
  EMFILE: `This process has too many files open: ${openFiles}.`,
  ENFILE: 'The whole system is out of open files: raise fs.file-max, or end what holds so many.',
  ENOLCK: noLocks,
  ENOSYS: noLocks,
  ENOTSUP: noLocks,
};
