import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { osCode } from './file-error.ts';

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Milliseconds that a file must be old to be known again by its times: systems count them in steps of up to 10 ms, and the
 * next of two files that replace each other may get the number of the one before.
 */
export const timeStep = 50;

/** In nanoseconds. */
const millisecond = 1_000_000n;

/** What differs as soon as the path leads to another file, or the file has changed; see `timeStep`. */
export const identityOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;

/** A regular file's bytes, or what is in its place. */
export type Found = { kind: 'none' } | { kind: 'bytes'; bytes: Uint8Array } | { kind: 'other' } | { kind: 'large' };

interface Kept<T> {
  identity: string;
  value: T;
}

/** What is read from a file, kept for as long as it is the same file. */
export class KeptFile<T> {
  readonly #path: string;
  readonly #largest: number;
  readonly #parse: (found: Found) => T;
  readonly #isMarked: boolean;
  #kept: Kept<T> | undefined;

  /**
   * @param largest how many bytes are read at most
   * @param options.isMarked whether each that is put there has a time of its own, as `replaceUnflushed` gives it
   */
  constructor(
    path: string,
    largest: number,
    parse: (found: Found) => T,
    { isMarked = false }: { isMarked?: boolean } = {},
  ) {
    this.#path = path;
    this.#largest = largest;
    this.#parse = parse;
    this.#isMarked = isMarked;
  }

  /** @throws a system error, and what `parse` throws */
  read(): T {
    for (;;) {
      try {
        return this.#readOnce();
      } catch (error) {
        if (osCode(error) !== 'EINTR') throw error;
      }
    }
  }

  /** Whether no other file that is put there can look the same. A system with coarse times loses the mark. */
  #isKnown({ mtimeNs, ctimeMs }: BigIntStats): boolean {
    return (this.#isMarked && mtimeNs % millisecond !== 0n) || Date.now() - Number(ctimeMs) > timeStep;
  }

  #readOnce(): T {
    const there = this.#kept && lstatSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (there && this.#kept?.identity === identityOf(there)) return this.#kept.value;
    let descriptor: number;
    try {
      // O_NONBLOCK: a named pipe in its place must not make us wait.
      descriptor = openSync(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (osCode(error) !== 'ENOENT') throw error;
      this.#kept = undefined;
      return this.#parse({ kind: 'none' });
    }
    try {
      const stats = fstatSync(descriptor, { bigint: true });
      const identity = identityOf(stats);
      if (this.#kept?.identity === identity) return this.#kept.value;
      this.#kept = undefined;
      if (!stats.isFile()) return this.#parse({ kind: 'other' });
      if (stats.size > this.#largest) return this.#parse({ kind: 'large' });
      const value = this.#parse({ kind: 'bytes', bytes: readFileSync(descriptor) });
      if (this.#isKnown(stats)) this.#kept = { identity, value };
      return value;
    } finally {
      closeSync(descriptor);
    }
  }
}
