import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import { ledgerHints } from '../ledger/file-hints.ts';
import { ledgerFolders } from '../ledger/ledger-folders.ts';
import { fileError } from '../machine/file-error.ts';
import { whileInUse } from '../machine/while-in-use.ts';
import type { PortRange } from '../protocol/generated/contract.ts';
import { overlap } from '../protocol/ranges.ts';

/** The ports that a folder had last for one of its purposes, and is to have again. */
export interface Pin extends PortRange {
  folder: string;
  label: string;
}

const isPin = (value: Partial<Pin> | null): value is Pin =>
  typeof value?.folder === 'string' &&
  typeof value.label === 'string' &&
  Number.isInteger(value.startPort) &&
  Number.isInteger(value.numberOfPorts);

const fileOf = ({ folder, label }: Pick<Pin, 'folder' | 'label'>) =>
  `${createHash('sha256').update(`${folder}\0${label}`).digest('hex').slice(0, 32)}.json`;

function isGone(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // it cannot be seen now, and may be there
  }
}

function writeFresh(file: string, text: string): void {
  rmSync(file, { force: true });
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The pins of this user, a file each, in a folder beside the ledger. No lock: a pin is written while its ports are held, and
 * read again by whoever has got ports, so of two that meet, the later one sees the other's.
 */
export class Pins {
  readonly #folder: string;
  readonly #posix: boolean;
  readonly #processId: number;

  /** Those of the host's user. Elevated or not, on Windows they are the same. @throws ServiceError NotSupported */
  constructor(host: Host) {
    // Who has no home has no ledger to reserve by either.
    const { own, system } = ledgerFolders(host, host.userId === 0);
    this.#folder = join((own ?? system)!.path, 'pins');
    this.#posix = host.platform !== 'win32';
    this.#processId = host.processId;
  }

  /** All pins. Those of folders that are gone are dropped; what is no pin is passed over. */
  all(): Pin[] {
    const pins: Pin[] = [];
    for (const name of this.#files()) {
      const pin = this.#read(name);
      if (pin && isGone(pin.folder)) rmSync(join(this.#folder, name), { force: true });
      else if (pin) pins.push(pin);
    }
    return pins;
  }

  /** The pin of another folder or purpose that has one of these ports. */
  rival(pins: readonly Pin[], { folder, label, ...range }: Pin): Pin | undefined {
    return pins.find((pin) => !(pin.folder === folder && pin.label === label) && overlap(pin, range));
  }

  /** Keeps the pin, in the place of the one before. @throws ServiceError AccessDenied, OsError */
  async keep(pin: Pin): Promise<void> {
    const file = join(this.#folder, fileOf(pin));
    // Two sessions of a folder may be at it together, without a lock.
    const fresh = `${file}.${this.#processId}`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFresh(fresh, `${JSON.stringify(pin)}\n`);
      await whileInUse(this.#posix, () => renameSync(fresh, file));
    } catch (error) {
      rmSync(fresh, { force: true });
      throw fileError(error, { action: 'write', path: file, hints: ledgerHints });
    }
  }

  #files(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    } catch {
      return [];
    }
  }

  #read(name: string): Pin | undefined {
    try {
      const pin = JSON.parse(readFileSync(join(this.#folder, name), 'utf8'));
      return isPin(pin) && fileOf(pin) === name ? pin : undefined;
    } catch {
      return undefined;
    }
  }
}
