import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { fileError } from '../machine/file-error.ts';
import { whileInUse } from '../machine/while-in-use.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { LedgerFile } from '../protocol/generated/contract.ts';
import { LedgerFile as isLedgerFile } from '../protocol/generated/validators.js';
import { ledgerHints as hints } from './file-hints.ts';
import type { LedgerContent } from './ledger.ts';

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

const notRegular = new Map([
  ['ELOOP', 'it is a symbolic link'],
  ['ENXIO', 'it is not a regular file'],
]);

function corrupt(path: string, why: string, hint: string): ServiceError {
  return new ServiceError('LedgerCorrupt', `The ledger ${path} cannot be used: ${why}.`, { target: path, hint });
}

function unreadable(path: string, why: string): ServiceError {
  return corrupt(
    path,
    why,
    'Nothing was changed. Repair the file, or move it away: a new one is then begun without its records.',
  );
}

function readRegularFile(path: string): Uint8Array {
  // O_NONBLOCK: a named pipe in its place must not make us wait.
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw unreadable(path, 'it is not a regular file');
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The file's bytes; undefined when there is no file. */
async function bytesOf(path: string, posix: boolean): Promise<Uint8Array | undefined> {
  try {
    return await whileInUse(posix, () => readRegularFile(path));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const why = notRegular.get(code);
    throw why ? unreadable(path, why) : fileError(error, { action: 'read', path, hints });
  }
}

function parse(path: string, bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw unreadable(path, 'it is empty');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw unreadable(path, `it is not JSON (${(error as Error).message})`);
  }
}

/** What is wrong with the value as the content of a ledger file; undefined when it is one. */
export function ledgerFault(value: unknown): string | undefined {
  if (isLedgerFile(value)) return undefined;
  const { instancePath = '', message = 'is not understood' } = isLedgerFile.errors?.[0] ?? {};
  return `${instancePath || 'its content'} ${message}`;
}

/**
 * The records in a ledger file; none when there is no file. Needs no lock, because the file is only ever replaced whole.
 * @throws ServiceError LedgerCorrupt, AccessDenied, OsError
 */
export async function readLedgerFile(path: string, posix: boolean): Promise<LedgerContent> {
  const bytes = await bytesOf(path, posix);
  if (!bytes) return { reservations: [], exclusions: [] };
  const value = parse(path, bytes) as Partial<LedgerFile> | null;
  const version: unknown = value?.version;
  if (typeof version === 'number' && version > 1) {
    throw corrupt(
      path,
      `it is of version ${version}, and this PortReservation reads version 1`,
      'Update PortReservation.',
    );
  }
  const fault = ledgerFault(value);
  if (fault) throw unreadable(path, fault);
  const { reservations, exclusions = [] } = value as LedgerFile;
  return { reservations, exclusions };
}
