import { randomBytes } from 'node:crypto';
import { ftruncateSync, readFileSync, readSync, writeSync } from 'node:fs';

/** What a signature is written as, so that one write replaces the last one. */
const length = 48;

/** A worker of version 0.1 writes its process alone over the beginning, each time the same. */
const wellFormed = /^\d+ [0-9a-f]{12} \d+$/;

/** Two processes of different containers may have one number. */
const process = randomBytes(6).toString('hex');
let count = 0;

/**
 * Writes into the file of a lock who has it, and what tells this time from all others.
 * @returns the signature; undefined where none could be written
 */
export function sign(descriptor: number, processId: number): string | undefined {
  count++;
  const signature = `${processId} ${process} ${count}`;
  try {
    writeSync(descriptor, `${signature.padEnd(length - 1)}\n`, 0);
    return signature;
  } catch {
    // A full disk must not keep anybody from the lock: releasing something still works then.
    empty(descriptor);
    return undefined;
  }
}

/** No signature is better than one of before. */
function empty(descriptor: number): void {
  try {
    ftruncateSync(descriptor, 0);
  } catch {}
}

/** The signature in the open file of a lock; undefined where there is none that never comes again. */
export function signatureOf(descriptor: number): string | undefined {
  const bytes = Buffer.alloc(length);
  try {
    const read = readSync(descriptor, bytes, 0, length, 0);
    const signature = bytes.toString('latin1', 0, read).trim();
    return wellFormed.test(signature) ? signature : undefined;
  } catch {
    return undefined;
  }
}

/** The same of a lock that another has. */
export function signatureIn(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return ''; // without the holder the message is still true
  }
}
