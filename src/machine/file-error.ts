import { sep } from 'node:path';
import { NativeError } from '../native/native-error.ts';
import { errorName } from '../native/posix/error-name.ts';
import { ServiceError } from '../protocol/errors.ts';

const elsewhere = 'or set PORT_RESERVATION_HOME to a folder that this user may write';

/** Windows gives the same code for a file that another program has open. */
const open = sep === '\\' ? ' Or close the program that has it open.' : '';

const hints: Record<string, string> = {
  EACCES: `Give this user the right to it, ${elsewhere}.${open}`,
  EPERM: `Give this user the right to it, ${elsewhere}.${open}`,
  EBUSY: `Another program has it in use: close it, ${elsewhere}.`,
  EROFS: `The file system is read-only: make it writable, ${elsewhere}.`,
  ENOSPC: 'The file system is full: free some space on it.',
  EDQUOT: "This user's disk quota is used up: free some space.",
  ELOOP: 'Symbolic links are not followed there: put a real file or folder in its place.',
  ENOTDIR: 'A file is in the way of the folder: move it away.',
};

const denied = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What a failed call on a file of the ledger is to the user. Anything but a system error is returned as it is. */
export function fileError(error: unknown, action: string, path: string): unknown {
  const failed = `Cannot ${action} ${path}`;
  if (error instanceof NativeError) {
    const facts = { target: path, osCode: error.code, osFunction: error.function };
    return new ServiceError('OsError', `${failed}: ${error.message}.`, facts, error);
  }
  const { errno, syscall } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || !errno || !syscall) return error;
  const code = errorName(-errno);
  const facts = { target: path, osCode: code, osFunction: syscall, hint: hints[code] };
  return new ServiceError(denied.has(code) ? 'AccessDenied' : 'OsError', `${failed}: ${code}.`, facts, error);
}
