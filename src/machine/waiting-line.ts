import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
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
   * @throws ServiceError AccessDenied, OsError
   */
  join(): Place {
    const name = `${Date.now().toString().padStart(15, '0')}-${randomBytes(6).toString('hex')}`;
    const descriptor = this.#make(name);
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
    return false;
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder).sort();
    } catch {
      return []; // none waits, or none that could be seen: it is not fair then
    }
  }
}

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
