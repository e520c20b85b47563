import { closeSync, readSync, writeSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import koffi from 'koffi';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inputOf, outputOf } from '../../src/dsc/streams.ts';

const O_NONBLOCK = 0o4000;

/** A pipe that says EAGAIN where one would have to wait. */
function nonBlockingPipe(): { reads: number; writes: number } {
  const descriptors = new Int32Array(2);
  const pipe = koffi.load(null).func('int pipe2(void *descriptors, int flags)');
  if (pipe(descriptors, O_NONBLOCK) !== 0) throw new Error(`no pipe: errno ${koffi.errno()}`);
  const [reads = -1, writes = -1] = descriptors;
  onTestFinished(() => {
    closeSync(reads);
    closeSync(writes);
  });
  return { reads, writes };
}

const onLinux = process.platform === 'linux';
const skipped = onLinux ? '' : ' (skipped: needs Linux)';

describe.skipIf(!onLinux)(`a descriptor that cannot wait${skipped}`, () => {
  test('is read as far as it goes, and the stream from there', async () => {
    const { reads, writes } = nonBlockingPipe();
    writeSync(writes, '{"protocol":');
    const rest = async function* () {
      yield Buffer.from('"tcp"}');
    };
    expect((await buffer(inputOf(reads, rest))).toString()).toBe('{"protocol":"tcp"}');
  });

  test('is written as far as it goes, and the stream from there', () => {
    const { reads, writes } = nonBlockingPipe();
    const streamed: Uint8Array[] = [];
    const output = outputOf(writes, () => ({ write: (bytes) => streamed.push(bytes as Uint8Array) }));
    const [first, second] = ['a'.repeat(100_000), 'b'.repeat(10)];
    output.write(first);
    const piped = Buffer.alloc(200_000);
    const size = readSync(reads, piped);
    output.write(second);
    const all = Buffer.concat([piped.subarray(0, size), ...streamed]).toString();
    expect(size).toBeLessThan(first.length);
    expect(all).toBe(first + second);
  });
});
