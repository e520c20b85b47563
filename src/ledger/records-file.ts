import { closeSync, constants, fstatSync, ftruncateSync, openSync, type Stats, writeSync } from 'node:fs';
import { type DurableFile, mark, removeLeft, replaceUnflushed } from '../machine/durable-file.ts';
import { onFileNow } from '../machine/file-error.ts';
import type { LedgerRecord } from '../protocol/generated/contract.ts';
import type { Place } from './place.ts';
import { changeOf, textOf } from './runtime-text.ts';

const { O_WRONLY, O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** So many bytes may always be added before the file is written as a whole again. */
const someBytes = 16 * 1024;

/** What was written last, as it lies in the file. */
interface Written {
  records: readonly LedgerRecord[];
  inode: number;
  size: number;
  /** Its size when it was written as a whole. */
  whole: number;
}

/**
 * The file of one service's records. A change is one line more, since many services that replace files in one folder wait
 * for each other; after some of these the file is replaced. It is not flushed. On Windows it is always replaced: there
 * nobody is told of what is added to an open file.
 */
export class RecordsFile {
  readonly path: string;
  readonly #file: DurableFile;
  readonly #place: Place;
  #written: Written | undefined;

  constructor(file: DurableFile, place: Place) {
    this.path = file.path;
    this.#file = file;
    this.#place = place;
  }

  /** @throws ServiceError AccessDenied, OsError; the file is as before then */
  async write(records: readonly LedgerRecord[]): Promise<void> {
    if (this.#file.posix && this.#written && this.#add(records, this.#written)) return;
    this.#written = undefined;
    const { ino: inode, size } = await replaceUnflushed(this.#file, textOf(this.path, this.#place, records));
    this.#written = { records, inode, size, whole: size };
  }

  /** @throws ServiceError AccessDenied, OsError */
  remove(): void {
    this.#written = undefined;
    const { path, hints } = this.#file;
    onFileNow({ action: 'remove', path, hints }, () => removeLeft(path));
  }

  /** @returns false where it has to be replaced */
  #add(records: readonly LedgerRecord[], written: Written): boolean {
    const line = Buffer.from(changeOf(this.path, written.records, records));
    const size = written.size + line.length;
    if (size - written.whole > Math.max(written.whole, someBytes)) return false;
    let descriptor: number;
    try {
      descriptor = openSync(this.path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    } catch {
      return false; // somebody has taken it away
    }
    try {
      if (!isAsLeft(fstatSync(descriptor), written)) return false;
      if (!added(descriptor, line, written.size)) return false;
      this.#written = { ...written, records, size };
      return true;
    } finally {
      closeSync(descriptor);
    }
  }
}

const isAsLeft = ({ ino, size }: Stats, written: Written): boolean => ino === written.inode && size === written.size;

/** All of the line, or nothing: a disk may be full in the middle of it. */
function added(descriptor: number, line: Buffer, before: number): boolean {
  try {
    if (writeSync(descriptor, line) === line.length) {
      mark(descriptor);
      return true;
    }
  } catch {
    // Why it cannot be written is found by who replaces the file.
  }
  try {
    ftruncateSync(descriptor, before);
  } catch {}
  return false;
}
