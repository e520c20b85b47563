import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bpf } from '../../../native/linux/bpf.ts';
import { onGateFile } from './failure.ts';

/** Where the kernel's objects are kept that a gate is made of. The shelf closes their descriptors. */
export interface Shelf {
  get(name: string): number | undefined;
  /** Takes the descriptor over; nothing of that name is there. */
  put(name: string, descriptor: number): void;
  /** Nothing of that name is no error. */
  remove(name: string): void;
  /** Closes what was opened to look at it; what is kept stays kept. */
  end(): void;
}

/** Objects of this process: the kernel drops them with it. */
export class OwnShelf implements Shelf {
  readonly #bpf: Bpf;
  readonly #kept = new Map<string, number>();

  constructor(bpf: Bpf) {
    this.#bpf = bpf;
  }

  get(name: string): number | undefined {
    return this.#kept.get(name);
  }

  put(name: string, descriptor: number): void {
    this.#kept.set(name, descriptor);
  }

  remove(name: string): void {
    const descriptor = this.#kept.get(name);
    if (descriptor === undefined) return;
    this.#bpf.close(descriptor);
    this.#kept.delete(name);
  }

  end(): void {}
}

/** Objects pinned in a folder of a bpffs: they outlive this process, until they are removed or the machine starts anew. */
export class PinShelf implements Shelf {
  readonly #bpf: Bpf;
  readonly #folder: string;
  readonly #opened = new Map<string, number>();

  constructor(bpf: Bpf, folder: string) {
    this.#bpf = bpf;
    this.#folder = folder;
  }

  get(name: string): number | undefined {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const path = join(this.#folder, name);
    const descriptor = existsSync(path) ? this.#bpf.open(path) : undefined;
    if (descriptor !== undefined) this.#opened.set(name, descriptor);
    return descriptor;
  }

  put(name: string, descriptor: number): void {
    this.#opened.set(name, descriptor);
    this.#bpf.pin(descriptor, join(this.#folder, name));
  }

  remove(name: string): void {
    const path = join(this.#folder, name);
    onGateFile('remove', path, () => rmSync(path, { force: true }));
    const descriptor = this.#opened.get(name);
    if (descriptor !== undefined) this.#bpf.close(descriptor);
    this.#opened.delete(name);
  }

  end(): void {
    for (const descriptor of this.#opened.values()) this.#bpf.close(descriptor);
    this.#opened.clear();
  }

  /** Removes the folder, where nothing is left in it. */
  removeFolder(): void {
    try {
      rmdirSync(this.#folder);
    } catch {
      // Somebody put something of his own there, which is no harm: nothing of ours depends on the folder's absence.
    }
  }
}
