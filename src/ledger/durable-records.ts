import { fileError } from '../machine/file-error.ts';
import { type Found, KeptFile } from '../machine/kept-file.ts';
import { whileInUse } from '../machine/while-in-use.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { ExclusionRecord, LedgerFile, LedgerRecord } from '../protocol/generated/contract.ts';
import { LedgerFile as isLedgerFile } from '../protocol/generated/validators/records.js';
import { ledgerHints as hints } from './file-hints.ts';

/** What the ledger's file holds. */
export interface DurableContent {
  persistent: readonly LedgerRecord[];
  exclusions: readonly ExclusionRecord[];
  /** Runtime reservations of workers of the version before, which kept them in this file. */
  legacy: readonly LedgerRecord[];
}

/** A ledger of a hundred thousand records has half of it. */
export const largestFile = 64 * 2 ** 20;

const nothing: DurableContent = { persistent: [], exclusions: [], legacy: [] };

function corrupt(path: string, why: string, hint: string): ServiceError {
  return new ServiceError('LedgerCorrupt', `The ledger ${path} cannot be used: ${why}.`, { target: path, hint });
}

/** The error for a file of ours that is not what we write. */
export function unreadable(path: string, why: string): ServiceError {
  return corrupt(
    path,
    why,
    'Nothing was changed. Repair the file, or move it away: a new one is then begun without its records.',
  );
}

const notRegular = new Map([
  ['ELOOP', 'it is a symbolic link'],
  ['ENXIO', 'it is not a regular file'],
]);

/** The error for a file that cannot be opened or read. */
export function unopened(path: string, error: unknown): unknown {
  const why = notRegular.get((error as NodeJS.ErrnoException).code ?? '');
  return why ? unreadable(path, why) : fileError(error, { action: 'read', path, hints });
}

/** The JSON value of a file that was found; undefined where there is none. */
export function valueIn(path: string, found: Found): unknown {
  switch (found.kind) {
    case 'none':
      return undefined;
    case 'other':
      throw unreadable(path, 'it is not a regular file');
    case 'large':
      throw unreadable(path, `it is larger than ${largestFile / 2 ** 20} MiB`);
    case 'bytes':
      return jsonIn(path, found.bytes);
  }
}

/** The JSON value of these bytes of the file. */
export function jsonIn(path: string, bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw unreadable(path, 'it is empty');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw unreadable(path, `it is not JSON (${(error as Error).message})`);
  }
}

/** Says what is wrong by what a validator found. */
export function faultOf({ errors }: { errors?: null | { instancePath?: string; message?: string }[] }): string {
  const { instancePath = '', message = 'is not understood' } = errors?.[0] ?? {};
  return `${instancePath || 'its content'} ${message}`;
}

function contentOf(path: string, found: Found): DurableContent {
  const value = valueIn(path, found) as Partial<LedgerFile> | null | undefined;
  if (value === undefined) return nothing;
  const version: unknown = value?.version;
  if (typeof version === 'number' && version > 1) {
    const why = `it is of version ${version}, and this PortReservation reads version 1`;
    throw corrupt(path, why, 'Update PortReservation.');
  }
  if (!isLedgerFile(value)) throw unreadable(path, faultOf(isLedgerFile));
  const { reservations, exclusions = [] } = value as LedgerFile;
  return {
    persistent: reservations.filter(({ lifetime }) => lifetime === 'persistent'),
    exclusions,
    legacy: reservations.filter(({ lifetime }) => lifetime === 'runtime'),
  };
}

const lines = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join(',\n');

/** The file's text, a record a line. */
export function textOf(path: string, { persistent, exclusions, legacy }: DurableContent): string {
  const reservations = [...persistent, ...legacy];
  const content: LedgerFile = {
    version: 1,
    reservations,
    ...(exclusions.length > 0 && { exclusions: [...exclusions] }),
  };
  if (!isLedgerFile(content)) {
    throw new Error(`These records would make the ledger ${path} unreadable: ${faultOf(isLedgerFile)}`);
  }
  const excluded = exclusions.length > 0 ? `,"exclusions":[\n${lines(exclusions)}\n]` : '';
  return `{"version":1,"reservations":[\n${lines(reservations)}\n]${excluded}}\n`;
}

/** The file that outlives the processes. It needs no lock to be read, because it is only ever replaced whole. */
export class DurableRecords {
  readonly path: string;
  readonly #posix: boolean;
  readonly #file: KeptFile<DurableContent>;

  constructor(path: string, posix: boolean) {
    this.path = path;
    this.#posix = posix;
    this.#file = new KeptFile(path, largestFile, (found) => contentOf(path, found));
  }

  /** @throws ServiceError LedgerCorrupt, AccessDenied, OsError */
  async read(): Promise<DurableContent> {
    try {
      return await whileInUse(this.#posix, () => this.#file.read());
    } catch (error) {
      throw unopened(this.path, error);
    }
  }
}
