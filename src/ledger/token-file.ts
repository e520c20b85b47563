import { chownSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../machine/durable-file.ts';
import { fileError } from '../machine/file-error.ts';
import { type Found, KeptFile } from '../machine/kept-file.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Protocol } from '../protocol/generated/contract.ts';
import { maximumPort } from '../protocol/ranges.ts';
import { largestFile } from './durable-records.ts';
import { ledgerHints as hints } from './file-hints.ts';

/** What the ledger must not say of a reservation that the kernel enforces, because others may read the ledger. */
export interface TokenRecord {
  protocol: Protocol;
  range: PortRange;
  /** Decimal digits: JSON's numbers lose bits. */
  token: string;
  /** Whom it is shown to besides root. */
  allow?: { userId?: number };
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
  readonly #kept = new Map<string, KeptFile<TokenRecord[]>>();

  /** @param folder the ledger's */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, fileName);
  }

  /** @throws ServiceError LedgerCorrupt, AccessDenied, OsError */
  read(): TokenRecord[] {
    return this.#read(this.#file);
  }

  /** What the user may see of it: all for root, its own for another. */
  readAs(userId: number): TokenRecord[] {
    return userId === 0 ? this.read() : this.#read(join(this.#folder, copyName(userId)));
  }

  /** Replaces all records, durably. @throws ServiceError AccessDenied, OsError */
  async write(records: readonly TokenRecord[]): Promise<void> {
    await replaceFile({ path: this.#file, mode: ownerAlone, posix: true, hints }, textOf(records));
    await this.#writeCopies(records);
  }

  /** Drops the records that are not kept; writes nothing where all are, and are where they should be. */
  async keep(isKept: (record: TokenRecord) => boolean): Promise<void> {
    const records = this.read();
    const kept = records.filter(isKept);
    if (kept.length < records.length || !this.#isSecret()) await this.write(kept);
  }

  #read(path: string): TokenRecord[] {
    let kept = this.#kept.get(path);
    if (!kept) {
      kept = new KeptFile(path, largestFile, (found) => parse(path, found));
      this.#kept.set(path, kept);
    }
    try {
      return kept.read();
    } catch (error) {
      throw fileError(error, { action: 'read', path, hints });
    }
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

function onPath<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error, { action, path, hints });
  }
}

/** One list for all without a file, so that it is known again. */
const none: TokenRecord[] = [];

function parse(path: string, found: Found): TokenRecord[] {
  if (found.kind === 'none') return none;
  if (found.kind !== 'bytes') throw corrupt(path, 'it is no regular file of a size that we write');
  let value: { version?: unknown; reservations?: unknown } | null;
  try {
    value = JSON.parse(new TextDecoder().decode(found.bytes));
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
    (allow.userId === undefined || (Number.isInteger(allow.userId) && allow.userId >= 0))
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
