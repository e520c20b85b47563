import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import type { PortSet } from '../../protocol/port-set.ts';
import { onFile } from './os-error.ts';
import { formatPortList, parsePortList } from './port-list.ts';
import { writeFresh } from './staged-file.ts';

/** Which kernel list it was: that of this start of the system and this network namespace. */
export function thisList(): string {
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/net')}`;
}

/**
 * What the kernel's list is to be while a long one goes in piece by piece: a process that is killed in between would
 * leave a part of it, and most of a long list is others'.
 */
export class ListJournal {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  get exists(): boolean {
    return existsSync(this.#file);
  }

  write(ports: PortSet): void {
    onFile('write', this.#file, () => writeFresh(this.#file, `${thisList()}\n${formatPortList(ports)}\n`));
  }

  /** What is noted for this list; undefined where nothing is, or the note is of another list, or was not finished. */
  read(): PortSet | undefined {
    if (!this.exists) return undefined;
    const [list, ports, end] = onFile('read', this.#file, () => readFileSync(this.#file, 'latin1')).split('\n');
    return list === thisList() && end === '' ? parsePortList(ports!) : undefined;
  }

  clear(): void {
    onFile('remove', this.#file, () => rmSync(this.#file, { force: true }));
  }
}
