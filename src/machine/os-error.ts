import { ServiceError } from '../protocol/errors.ts';

const refusals = new Set(['EACCES', 'EPERM', 'EROFS']);

const hint =
  'Run as root, for example with sudo. In a container the list under /proc/sys/net/ipv4 and the folder ' +
  '/etc/sysctl.d must be writable. A runtime reservation needs no rights.';

/** The error code Node put on a failed system call, such as `EACCES`. */
export function osCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Wraps a failed file operation: a missing right is AccessDenied, anything else OsError. */
export function fileError(action: string, file: string, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const code = osCode(error);
  if (code === undefined) throw error;
  const { syscall, message } = error as NodeJS.ErrnoException;
  const facts = { target: file, osCode: code, osFunction: syscall };
  return refusals.has(code)
    ? new ServiceError('AccessDenied', `Cannot ${action} ${file}: ${code}.`, { ...facts, hint }, error)
    : new ServiceError('OsError', `Cannot ${action} ${file}: ${message}.`, facts, error);
}

/** Runs a file operation; a failure says what was to be done to which file. */
export function onFile<T>(action: string, file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(action, file, error);
  }
}
