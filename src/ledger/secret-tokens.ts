import type { LedgerRecord } from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';
import { newToken } from '../protocol/token.ts';
import type { LedgerFolder } from './ledger-folders.ts';
import { TokenFile, type TokenRecord } from './token-file.ts';

/** The record without its token, where it has one. */
function withoutToken(record: LedgerRecord): LedgerRecord {
  if (record.token === undefined) return record;
  const { token: _, ...rest } = record;
  return rest;
}

const isKernels = ({ enforcement, provider }: LedgerRecord) => enforcement === 'kernel' && provider === 'linux';

/** What a service's own file says of what it holds: a token that opens ports to everybody who has it is for nobody's eyes. */
export const withoutSecret = (record: LedgerRecord): LedgerRecord =>
  isKernels(record) ? withoutToken(record) : record;

/**
 * Keeps tokens out of the ledger's file: those of what the kernel enforces, which open the ports to whoever knows them, and
 * all where others may read the ledger. They are in a file of their own.
 */
export class SecretTokens {
  readonly #file: TokenFile;
  readonly #isShared: boolean;
  readonly #reader: number | undefined;
  #seen: { records: readonly LedgerRecord[]; tokens: readonly TokenRecord[]; revealed: LedgerRecord[] } | undefined;

  /** @param reader the user who may only read the ledger; undefined for its owner */
  constructor({ path, shared }: LedgerFolder, reader: number | undefined) {
    this.#file = new TokenFile(path);
    this.#isShared = shared;
    this.#reader = reader;
  }

  /** The records of the ledger's file, each with its token as far as this user is shown that. */
  reveal(records: readonly LedgerRecord[]): readonly LedgerRecord[] {
    if (!records.some(this.#isApart)) return records;
    const tokens = this.#reader === undefined ? this.#file.read() : this.#file.readAs(this.#reader);
    if (this.#seen?.records === records && this.#seen.tokens === tokens) return this.#seen.revealed;
    const known = byKey(tokens);
    const revealed = records.map((record) => {
      if (!this.#isApart(record)) return record;
      // Before there was such a file, tokens were in the ledger.
      const token = known.get(keyOf(record))?.token ?? (this.#reader === undefined ? record.token : undefined);
      return { ...withoutToken(record), ...(token !== undefined && { token }) };
    });
    this.#seen = { records, tokens, revealed };
    return revealed;
  }

  /** The records as the ledger's file has them. */
  conceal = (records: readonly LedgerRecord[]): LedgerRecord[] =>
    records.map((record) => (this.#isApart(record) ? withoutToken(record) : record));

  /** Whether the ledger's file says what it is to keep to itself. */
  isExposedIn(records: readonly LedgerRecord[]): boolean {
    return records.some((record) => record.token !== undefined && this.#isApart(record));
  }

  /**
   * Completes what a killed process left undone: what has no token gets one, so that nobody but root is let in, and tokens
   * of what is recorded no more go. The ledger's lock is held.
   */
  async complete(revealed: readonly LedgerRecord[]): Promise<readonly LedgerRecord[]> {
    if (!revealed.some((record) => this.#isApart(record) && record.token === undefined)) {
      await this.forget(revealed);
      return revealed;
    }
    const whole = revealed.map((record) =>
      this.#isApart(record) && record.token === undefined ? { ...record, token: `${newToken()}` } : record,
    );
    await this.add(whole);
    return whole;
  }

  /** Keeps the records' tokens, before the records are written: there is never one without. */
  async add(records: readonly LedgerRecord[]): Promise<void> {
    const wanted = this.#tokensOf(records);
    const kept = this.#file.read();
    const known = byKey(kept);
    const isNew = (one: TokenRecord) => JSON.stringify(known.get(keyOf(one))) !== JSON.stringify(one);
    if (!wanted.some(isNew)) return;
    await this.#file.write([...byKey([...kept, ...wanted]).values()]);
  }

  /** Drops the tokens of all but these, after the others' records are gone. */
  async forget(records: readonly LedgerRecord[]): Promise<void> {
    const wanted = byKey(this.#tokensOf(records));
    await this.#file.keep((one) => wanted.has(keyOf(one)));
  }

  readonly #isApart = (record: LedgerRecord): boolean => this.#isShared || isKernels(record);

  #tokensOf(records: readonly LedgerRecord[]): TokenRecord[] {
    return records.flatMap(({ protocol, range, token, allow, ...rest }) => {
      if (token === undefined || !this.#isApart({ protocol, range, ...rest })) return [];
      const { userId } = allow ?? {};
      return [{ protocol, range, token, ...(userId !== undefined && { allow: { userId } }) }];
    });
  }
}

const byKey = (records: readonly TokenRecord[]) => new Map(records.map((record) => [keyOf(record), record]));
