import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Message } from 'vscode-jsonrpc';
import type { Fault } from '../../../src/rpc/wire/fault.ts';
import { FrameReader } from '../../../src/rpc/wire/frame-reader.ts';
import { frame } from '../../support/frames.ts';

/** A reader whose gate admits everything, and what came of it. */
function open() {
  const input = new PassThrough();
  const [faults, messages]: [Fault[], unknown[]] = [[], []];
  const admit = (value: unknown) => value as Message;
  const reader = new FrameReader(input, { admit, refuse: (fault) => faults.push(fault) });
  let closed = 0;
  reader.onClose(() => closed++);
  reader.listen((message) => messages.push(message));
  return { input, faults, messages, closed: () => closed };
}

test('reads nothing more after a broken frame, whatever its gate does', async () => {
  const { input, faults, messages, closed } = open();
  input.write('garbage, more garbage');
  input.end(frame({ id: 1 }));
  await new Promise(setImmediate);
  expect(faults).toMatchObject([{ isFatal: true, code: -32700 }]);
  expect({ messages, closed: closed() }).toEqual({ messages: [], closed: 0 });
});

test('reads nothing more after it was stopped in the middle of a chunk', async () => {
  const input = new PassThrough();
  const messages: unknown[] = [];
  const reader = new FrameReader(input, { admit: (value) => value as Message, refuse: () => {} });
  reader.listen((message) => {
    messages.push(message);
    reader.stop();
  });
  input.write(Buffer.concat([frame({ id: 1 }), frame({ id: 2 })]));
  await new Promise(setImmediate);
  expect(messages).toEqual([{ id: 1 }]);
});

test('closes once at the end of input', async () => {
  const { input, closed } = open();
  input.end(frame({ id: 1 }));
  await new Promise((resolve) => input.once('close', resolve));
  expect(closed()).toBe(1);
});
