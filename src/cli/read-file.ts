import { createReadStream } from 'node:fs';
import { ServiceError } from '../protocol/errors.ts';
import type { Terminal } from './rendering.ts';

/** The bytes of the file, that many at most: it may be a pipe or a device that never ends. `-` is standard input. */
export async function readAtMost(file: string, terminal: Terminal, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let left = most;
  try {
    for await (const chunk of file === '-' ? terminal.stdin : createReadStream(file)) {
      chunks.push(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) break;
    }
    return Buffer.concat(chunks);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ServiceError(
      'OsError',
      `The document cannot be read: ${message}.`,
      { target: file, osCode: code },
      error,
    );
  }
}
