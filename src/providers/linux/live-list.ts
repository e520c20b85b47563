import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { removeLeft, writeFresh } from '../../machine/durable-file.ts';
import { onFileNow, osCode } from '../../machine/file-error.ts';
import { bootId, networkNamespace } from '../../machine/system-ids.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange } from '../../protocol/generated/contract.ts';
import { common, isEmpty, minus, type PortSet } from '../../protocol/port-set.ts';
import { overlap } from '../../protocol/ranges.ts';
import { sysctlHints as hints } from './file-hints.ts';
import { formatPortList, listPieces, parsePortList } from './port-list.ts';

/** The kernel takes this much of one write and drops the rest without an error. */
export const longestWrite = 4092;

/** Room for the longest list there can be; the second read(2) of a longer one would return nothing. */
const readBufferSize = 1 << 20;

/** One for all reads, none of which waits: its pages cost more than the read. */
let readBuffer: Buffer | undefined;

/** A write at offset 0 replaces the kernel's list, a write at any other offset is added to it. */
const replacing = 0;
const adding = 1;

/** How often a change is made again when another program rewrites the list at the same moment. */
const attempts = 5;

/** The kernel's list of ports it never hands out by itself, of this network namespace: ip_local_reserved_ports. */
export class LiveList {
  readonly #file: string;
  readonly #journal: ListJournal;
  /** What was read last: it seldom changes. */
  #last: { text: string; ports: PortSet } | undefined;

  /** @param journal a file for the time in which a long list is written */
  constructor(file: string, journal: string) {
    this.#file = file;
    this.#journal = new ListJournal(journal);
  }

  /** Whether a process was killed while it wrote a long list. */
  get isInterrupted(): boolean {
    return this.#journal.exists;
  }

  /** Puts in what such a process left out. */
  recover(): void {
    if (!this.isInterrupted) return;
    const ports = this.#journal.read();
    if (ports) this.add(ports);
    this.#journal.clear();
  }

  /** @throws ServiceError NotSupported where this kernel has no such list, OsError */
  read(): PortSet {
    return this.#open('r', (descriptor) => this.#readFrom(descriptor));
  }

  /** Tries the real right, which depends on the user namespace, not on the user id. Changes nothing. */
  checkRights(): void {
    this.#open('r+', () => {});
  }

  /** Adds the ports. Others' entries cannot get lost: the kernel adds, we never rewrite the list. */
  add(ports: PortSet): void {
    if (isEmpty(ports)) return;
    this.#change(
      (descriptor) => this.#write(descriptor, listPieces(ports.ranges(), longestWrite), adding),
      (now) => isEmpty(minus(ports, now)),
    );
  }

  /**
   * Takes the ports out, which means to write all the others anew. While a long list goes in piece by piece it is
   * incomplete, so the ports the kernel takes from by itself, `first`, are in the first pieces.
   */
  remove(ports: PortSet, first: PortRange): void {
    if (isEmpty(ports)) return;
    this.#change(
      (descriptor) => {
        const now = this.#readFrom(descriptor);
        if (isEmpty(common(ports, now))) return;
        this.#replace(descriptor, minus(now, ports), first);
      },
      (now) => isEmpty(common(ports, now)),
    );
  }

  #change(write: (descriptor: number) => void, done: (now: PortSet) => boolean): void {
    this.#open('r+', (descriptor) => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        write(descriptor);
        if (done(this.#readFrom(descriptor))) return;
      }
      throw new ServiceError('OsError', `Another program keeps rewriting ${this.#file}.`, {
        target: this.#file,
        hint: 'Find the program that sets net.ipv4.ip_local_reserved_ports, and try again.',
      });
    });
  }

  #replace(descriptor: number, ports: PortSet, first: PortRange): void {
    const ranges = ports.ranges();
    const urgent = ranges.filter((range) => overlap(range, first));
    const pieces = listPieces([...urgent, ...ranges.filter((range) => !overlap(range, first))], longestWrite);
    // A list is cleared by a lone newline; a write of nothing does nothing.
    if (pieces.length === 0) pieces.push('\n');
    if (pieces.length > 1) this.#journal.write(ports);
    this.#write(descriptor, pieces, replacing);
    if (pieces.length > 1) this.#journal.clear();
  }

  #write(descriptor: number, pieces: readonly string[], firstOffset: number): void {
    let offset = firstOffset;
    for (const piece of pieces) {
      const written = writeSync(descriptor, piece, offset);
      if (written !== piece.length) {
        throw new ServiceError('OsError', `The kernel took ${written} of ${piece.length} bytes.`, {
          target: this.#file,
          osFunction: 'write',
        });
      }
      offset = adding;
    }
  }

  #readFrom(descriptor: number): PortSet {
    readBuffer ??= Buffer.allocUnsafe(readBufferSize);
    const buffer = readBuffer;
    const text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, readBufferSize, 0));
    if (this.#last?.text === text) return this.#last.ports;
    const ports = parsePortList(text);
    if (ports) {
      this.#last = { text, ports };
      return ports;
    }
    throw new ServiceError('OsError', `Cannot understand ${this.#file}: ${JSON.stringify(text.slice(0, 80))}.`, {
      target: this.#file,
    });
  }

  #open<T>(flags: 'r' | 'r+', work: (descriptor: number) => T): T {
    return onFileNow({ action: flags === 'r' ? 'read' : 'change', path: this.#file, hints }, () => {
      const descriptor = this.#openDescriptor(flags);
      try {
        return work(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  #openDescriptor(flags: 'r' | 'r+'): number {
    try {
      return openSync(this.#file, flags);
    } catch (error) {
      if (osCode(error) !== 'ENOENT') throw error;
      throw new ServiceError('NotSupported', `This kernel has no ${this.#file}.`, {
        target: this.#file,
        hint: 'Use a runtime reservation, or the ledger provider.',
      });
    }
  }
}

/** Which kernel list it was: that of this start of the system and this network namespace. */
export const thisList = (): string => `${bootId()} ${networkNamespace()}`;

/**
 * What the kernel's list is to be while a long one goes in piece by piece: a process that is killed in between would
 * leave a part of it, and most of a long list is others'.
 */
class ListJournal {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  get exists(): boolean {
    return existsSync(this.#file);
  }

  write(ports: PortSet): void {
    onFileNow({ action: 'write', path: this.#file, hints }, () => {
      removeLeft(this.#file);
      writeFresh(this.#file, `${thisList()}\n${formatPortList(ports)}\n`, 0o644);
    });
  }

  /** What is noted for this list; undefined where nothing is, or the note is of another list, or was not finished. */
  read(): PortSet | undefined {
    if (!this.exists) return undefined;
    const [list, ports, end] = onFileNow({ action: 'read', path: this.#file, hints }, () =>
      readFileSync(this.#file, 'latin1'),
    ).split('\n');
    return list === thisList() && end === '' ? parsePortList(ports!) : undefined;
  }

  clear(): void {
    onFileNow({ action: 'remove', path: this.#file, hints }, () => rmSync(this.#file, { force: true }));
  }
}
