import { NativeError } from '../native/native-error.ts';
import { errorName } from '../native/posix/error-name.ts';
import { ServiceError } from '../protocol/errors.ts';

/** What to do about a failed call on a file, by the system's code. */
export type FileHints = Readonly<Partial<Record<string, string>>>;

/** What was to be done to which file, and what helps where it fails. */
export interface FileAction {
  /** A verb, or a verb and more: `read`, `flush the folder of`. */
  action: string;
  path: string;
  hints: FileHints;
}

const denied = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The system's code of a failed call, such as `EACCES`. */
export function osCode(error: unknown): string | undefined {
  const { errno, code } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof errno === 'number') return errorName(-errno);
  return typeof code === 'string' ? code : undefined;
}

/** What a failed call on a file is to the user. Anything but a system error is returned as it is. */
export function fileError(error: unknown, { action, path, hints }: FileAction): unknown {
  const failed = `Cannot ${action} ${path}`;
  if (error instanceof NativeError) {
    const { code, function: osFunction } = error;
    const facts = { target: path, osCode: code, osFunction, hint: hints[code] };
    return new ServiceError('OsError', `${failed}: ${error.message}.`, facts, error);
  }
  const { errno, syscall } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || !errno || !syscall) return error;
  const code = errorName(-errno);
  const facts = { target: path, osCode: code, osFunction: syscall, hint: hints[code] };
  return new ServiceError(denied.has(code) ? 'AccessDenied' : 'OsError', `${failed}: ${code}.`, facts, error);
}

/** Does the work; a failure says what was to be done to which file. */
export async function onFile<T>(file: FileAction, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, file);
  }
}

/** The same of work that waits for nothing. */
export function onFileNow<T>(file: FileAction, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error, file);
  }
}
