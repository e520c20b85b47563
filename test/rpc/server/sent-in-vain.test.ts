import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { frame, request } from '../../support/frames.ts';
import { connect, deferred, fakeService } from '../support.ts';

test('a client that goes while it is told something is no error', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const [asked, gone] = [deferred<void>(), deferred<void>()];
  const service = fakeService({
    inspect: async (_params, { onProgress } = {}) => {
      asked.resolve();
      await gone.promise;
      onProgress!({ title: 'Looking', percentage: 0 });
      return { ports: [] };
    },
  });
  const { connection, log } = connect(service, { input, output });
  const ports = { protocol: 'tcp', ranges: [{ startPort: 20_000, numberOfPorts: 1 }], workDoneToken: 'told' };
  input.write(frame(request(1, 'port/inspect', ports)));
  await asked.promise;
  output.destroy();
  gone.resolve();
  input.end();
  await connection.ended;
  await new Promise(setImmediate);
  expect(log().filter(({ level }) => level === 'error')).toEqual([]);
  expect(log().map(({ message }) => message)).toContain('a notification could not be sent');
});
