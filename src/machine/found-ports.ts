import { closeSync, existsSync, mkdirSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { PortRange, Protocol } from '../protocol/generated/contract.ts';
import { endPort } from '../protocol/ranges.ts';
import { isOwnFolder, type UserPlace, userFolders } from './user-folder.ts';

/** Milliseconds: what is found is another's for this long at least, and for twice as long at most. */
const slotLength = 2000;

/** Larger blocks are looked for once, and not by many at the same time. */
const mostPorts = 256;

/**
 * What was found for this user's processes in the last seconds, so that those who look at the same time find different ports.
 * A file for each port, which only one of them can make, named by the time. It is a help and no promise: where the files cannot be
 * made, it says nothing.
 */
export class FoundPorts {
  readonly #place: UserPlace;
  readonly #clock: () => number;
  #folder: string | undefined | null = null;
  #tidied = 0;

  constructor(place: UserPlace, clock = Date.now) {
    this.#place = place;
    this.#clock = clock;
  }

  /** Notes that the range is found now; false where another one has found a port of it a moment ago. */
  note(protocols: readonly Protocol[], range: PortRange): boolean {
    if (range.numberOfPorts > mostPorts) return true;
    this.#folder = this.#folder === null ? this.#find() : this.#folder;
    if (this.#folder === undefined) return true;
    const slot = Math.floor(this.#clock() / slotLength);
    this.#tidy(slot);
    for (const protocol of protocols) {
      for (let port = range.startPort; port <= endPort(range); port++) {
        if (!this.#noteOne(slot, `${protocol}-${port}`)) return false;
      }
    }
    return true;
  }

  /** Of two that look at once, each makes its own file before it looks for the other's, whatever the clock says between. */
  #noteOne(slot: number, name: string): boolean {
    const path = (other: number) => join(this.#folder!, `${other}-${name}`);
    try {
      closeSync(openSync(path(slot), 'wx', 0o600));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EEXIST';
    }
    return !existsSync(path(slot - 1)) && !existsSync(path(slot + 1));
  }

  #find(): string | undefined {
    const parent = userFolders(this.#place).find((folder) => isOwnFolder(folder, this.#place.userId));
    if (parent === undefined) return undefined;
    try {
      const folder = join(parent, 'found');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    } catch {
      return undefined;
    }
  }

  #tidy(slot: number): void {
    if (this.#tidied === slot) return;
    this.#tidied = slot;
    try {
      for (const name of readdirSync(this.#folder!)) {
        if (Number.parseInt(name, 10) < slot - 1) unlinkSync(join(this.#folder!, name));
      }
    } catch {
      // Another one tidies, too.
    }
  }
}
