import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { reserve } from '../../src/index.ts';
import { closeHeld, holdAddress } from '../../src/providers/sockets/hold-address.ts';
import { bundledProgram } from '../support/bundled-program.ts';
import { ownHost } from '../support/own-host.ts';
import { openSocket, tryBind } from '../support/sockets.ts';

const program = bundledProgram(join(import.meta.dirname, 'programs/in-thread.ts'));

test.skipIf(process.platform !== 'linux')('what a thread opened or keeps is free when the thread ends', async () => {
  const block = await reserve({}, { host: ownHost() });
  await block.release();
  const [taken] = block.ports as [number];
  // Taken on another address: getPort keeps the one alone.
  const socket = await openSocket('tcp', taken, '::1');
  onTestFinished(() => socket.close());
  const env = { ...process.env, ...ownHost().env };
  const thread = new Worker(await program(), { env, workerData: taken });
  const [[opened, kept]] = (await once(thread, 'message')) as [[number, number]];
  expect(kept).toBe(taken);
  expect(await tryBind('tcp', opened, '127.0.0.1')).toBe('EADDRINUSE');
  expect(await holdAddress(kept, '127.0.0.1')).toBeUndefined();
  await thread.terminate();
  expect(await tryBind('tcp', opened, '127.0.0.1')).toBe('bound');
  const held = await holdAddress(kept, '127.0.0.1');
  expect(held).toEqual(expect.any(Number));
  await closeHeld(held!);
});
