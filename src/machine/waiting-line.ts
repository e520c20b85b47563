import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../protocol/errors.ts';
import { Bell, ring } from './bell.ts';
import { type FileHints, fileError, osCode } from './file-error.ts';
import type { LifeLocks } from './life-file.ts';

/** A place in the line, until it is left. */
export interface Place {
  /** Who stands before it, the first to be served first. */
  ahead(): string[];
  /** What is there for the living alone: whether this one, who stands before it, lives. The place of a dead one goes. */
  lives(name: string): boolean;
  /** Whether it is told when it is the first and the lock is free. */
  readonly isWoken: boolean;
  /** Waits to be told, so many milliseconds at most. */
  told(milliseconds: number): Promise<void>;
  leave(): void;
}

/**
 * Who waits, in the order they came: a folder with a file for each, named by the time and locked as long as its process
 * lives. It says who is next and guards nothing: a place that is lost or taken twice costs fairness alone.
 */
export class WaitingLine {
  readonly #folder: string;
  readonly #locks: LifeLocks;
  readonly #hints: FileHints;
  /** The places of the dead that cannot be removed. */
  readonly #left = new Set<string>();

  constructor(folder: string, locks: LifeLocks, hints: FileHints) {
    this.#folder = folder;
    this.#locks = locks;
    this.#hints = hints;
  }

  /** Whether nobody waits. */
  isEmpty(): boolean {
    return this.#names().length === 0;
  }

  /** Tells the first that the lock is free. */
  wakeFirst(): void {
    const first = this.#names()[0];
    if (first !== undefined) ring(join(this.#folder, first));
  }

  /**
   * Stands at the end.
   * @returns undefined where the disk has no room for a place: who frees something must not need any
   * @throws ServiceError AccessDenied, OsError
   */
  join(): Place | undefined {
    const name = this.#lastName();
    let descriptor: number;
    try {
      descriptor = this.#make(name);
    } catch (error) {
      if (withoutRoom.has(osCodeOf(error) ?? '')) return undefined;
      throw error;
    }
    const bell = new Bell(join(this.#folder, name));
    return {
      isWoken: bell.isHung,
      told: (milliseconds) => bell.heard(milliseconds),
      ahead: () => this.#names().filter((other) => other < name),
      lives: (other) => this.#lives(other),
      leave: () => {
        bell.close();
        removeQuietly(join(this.#folder, name));
        closeSync(descriptor);
      },
    };
  }

  /** A name behind all others, also where the clock was set back since they came. */
  #lastName(): string {
    const last = Number.parseInt(this.#names().at(-1) ?? '', 10);
    const time = Math.max(Date.now(), Number.isSafeInteger(last) ? last + 1 : 0);
    return `${time.toString().padStart(15, '0')}-${randomBytes(6).toString('hex')}`;
  }

  /** For a moment it is there and not locked: who takes it for a dead one's then removes it, and is served before. */
  #make(name: string): number {
    const make = () => this.#locks.make(join(this.#folder, name), 0o600, this.#hints);
    try {
      return make();
    } catch (error) {
      if (osCodeOf(error) !== 'ENOENT') throw error;
    }
    try {
      mkdirSync(this.#folder, 0o700);
    } catch (error) {
      if (osCode(error) !== 'EEXIST') {
        throw fileError(error, { action: 'create the folder', path: this.#folder, hints: this.#hints });
      }
    }
    return make();
  }

  #lives(name: string): boolean {
    const path = join(this.#folder, name);
    if (this.#locks.lives(path) !== false) return true;
    removeQuietly(path);
    if (lstatSync(path, { throwIfNoEntry: false })) this.#left.add(name);
    return false;
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => !this.#left.has(name))
        .sort();
    } catch {
      return []; // none waits, or none that could be seen: it is not fair then
    }
  }
}

/** Nothing is left of the disk, or of the user's share of it. */
const withoutRoom = new Set(['ENOSPC', 'EDQUOT']);

/** The code of a system error, wrapped or not. */
const osCodeOf = (error: unknown): string | undefined =>
  error instanceof ServiceError ? error.facts.osCode?.toString() : osCode(error);

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another one has removed it.
  }
}
