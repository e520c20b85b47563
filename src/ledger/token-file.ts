import { chownSync, closeSync, constants, lstatSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../machine/durable-file.ts';
import { fileError } from '../machine/file-error.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Protocol } from '../protocol/generated/contract.ts';
import { formatPorts, maximumPort, sameRange } from '../protocol/ranges.ts';
import { ledgerHints as hints } from './file-hints.ts';

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** What the ledger must not say of a reservation that the kernel enforces, because others may read the ledger. */
export interface TokenRecord {
  protocol: Protocol;
  range: PortRange;
  /** Decimal digits: JSON's numbers lose bits. */
  token: string;
  /** Who is let in without it; see Admission. */
  allow?: { userId?: number; service?: string; privileged?: boolean };
}

const ownerAlone = 0o600;
/** Others' copies are for reading; who changes his has changed nothing but what he is shown. */
const readOnly = 0o400;

const fileName = 'tokens.json';
const copyName = (userId: number) => `tokens-${userId}.json`;
const anyCopy = /^tokens-\d+\.json$/;
const largestToken = 2n ** 64n - 1n;

const textOf = (records: readonly TokenRecord[]) =>
  `{"version":1,"reservations":[\n${records.map((record) => JSON.stringify(record)).join(',\n')}\n]}\n`;

/**
 * The secret tokens of kernel reservations, in a file beside the ledger that only root reads. The user whom a reservation
 * is for gets a copy with that user's own. Read and written while the ledger's lock is held.
 */
export class TokenFile {
  readonly #folder: string;
  readonly #file: string;

  /** @param folder the ledger's */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, fileName);
  }

  /** @throws ServiceError LedgerCorrupt, AccessDenied, OsError */
  read(): TokenRecord[] {
    return readRecords(this.#file);
  }

  /** What the user may see of it: all for root, its own for another. */
  readAs(userId: number): TokenRecord[] {
    return userId === 0 ? this.read() : readRecords(join(this.#folder, copyName(userId)));
  }

  /** Replaces all records, durably. @throws ServiceError AccessDenied, OsError */
  async write(records: readonly TokenRecord[]): Promise<void> {
    await replaceFile({ path: this.#file, mode: ownerAlone, posix: true, hints }, textOf(records));
    await this.#writeCopies(records);
  }

  /** Adds the record, or puts it in the place of the one of the same ports. */
  async add(record: TokenRecord): Promise<void> {
    const others = this.read().filter((other) => !isSamePlace(other, record));
    await this.write([...others, record]);
  }

  /** Drops the records that are not kept; writes nothing where all are, and are where they should be. */
  async keep(isKept: (record: TokenRecord) => boolean): Promise<void> {
    const records = this.read();
    const kept = records.filter(isKept);
    if (kept.length < records.length || !this.#isSecret()) await this.write(kept);
  }

  /** Whether no file of it may be read by others than it is for, as one that was copied there may. */
  #isSecret(): boolean {
    const facts = lstatSync(this.#file, { throwIfNoEntry: false });
    return !facts || (facts.mode & 0o077) === 0;
  }

  async #writeCopies(records: readonly TokenRecord[]): Promise<void> {
    const users = new Set(records.flatMap(({ allow }) => (allow?.userId ? [allow.userId] : [])));
    for (const userId of users) {
      const path = join(this.#folder, copyName(userId));
      const own = records.filter(({ allow }) => allow?.userId === userId);
      await replaceFile({ path, mode: readOnly, posix: true, hints }, textOf(own));
      onPath('give away', path, () => chownSync(path, userId, 0));
    }
    const names = new Set([...users].map(copyName));
    for (const name of readdirSync(this.#folder)) {
      if (!anyCopy.test(name) || names.has(name)) continue;
      const path = join(this.#folder, name);
      onPath('remove', path, () => rmSync(path, { force: true }));
    }
  }
}

const isSamePlace = (a: TokenRecord, b: TokenRecord) => a.protocol === b.protocol && sameRange(a.range, b.range);

function onPath<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error, { action, path, hints });
  }
}

function readRecords(path: string): TokenRecord[] {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(error, { action: 'read', path, hints });
  }
  return parse(path, text);
}

function readText(path: string): string {
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function parse(path: string, text: string): TokenRecord[] {
  let value: { version?: unknown; reservations?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw corrupt(path, 'it is not JSON');
  }
  if (value?.version !== 1 || !Array.isArray(value.reservations)) throw corrupt(path, 'it is not of version 1');
  for (const [index, record] of value.reservations.entries()) {
    if (!isRecord(record)) throw corrupt(path, `/reservations/${index} is not understood`);
  }
  return value.reservations;
}

function isRecord(value: TokenRecord | null): value is TokenRecord {
  const { protocol, range, token, allow = {} } = value ?? ({} as Partial<TokenRecord>);
  const isPorts = (number: unknown) => Number.isInteger(number) && Number(number) >= 1 && Number(number) <= maximumPort;
  return (
    (protocol === 'tcp' || protocol === 'udp') &&
    isPorts(range?.startPort) &&
    isPorts(range?.numberOfPorts) &&
    range!.startPort + range!.numberOfPorts - 1 <= maximumPort &&
    isToken(token) &&
    typeof allow === 'object' &&
    allow !== null &&
    (allow.userId === undefined || (Number.isInteger(allow.userId) && allow.userId >= 0)) &&
    (allow.service === undefined || typeof allow.service === 'string')
  );
}

const isToken = (token: unknown) =>
  typeof token === 'string' && /^[1-9]\d{0,19}$/.test(token) && BigInt(token) <= largestToken;

function corrupt(path: string, why: string): ServiceError {
  return new ServiceError('LedgerCorrupt', `The file ${path} of secret tokens cannot be used: ${why}.`, {
    target: path,
    hint: 'Nothing was changed. Repair the file, or move it away: the reservations then get new tokens.',
  });
}

/** The records by place, for looking them up: `tcp 5000-5009`. */
export const byPorts = (records: readonly TokenRecord[]): Map<string, TokenRecord> =>
  new Map(records.map((record) => [formatPorts(record.protocol, record.range), record]));
