import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { ownHome } from '../support/worker.ts';
import { portreservation } from './support.ts';

test('dsc answers as the resource does', async () => {
  const env = { ...ownHome(onTestFinished), PORT_RESERVATION_PROVIDER: 'ledger' };
  const dsc = async (instance: object, ...words: string[]) => {
    const child = spawn(process.execPath, [portreservation, 'dsc', ...words], { env });
    child.stdin.end(JSON.stringify(instance));
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return {
      code,
      stderr,
      lines: stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    };
  };
  const instance = { protocol: 'tcp', startPort: 22700, numberOfPorts: 1, name: 'dsc' };
  expect(await dsc(instance, 'set', 'Reservation')).toMatchObject({ code: 0, lines: [instance, ['_exist', 'name']] });
  expect(await dsc(instance, 'get', 'Reservation')).toMatchObject({
    code: 0,
    lines: [instance],
  });
  expect(await dsc(instance, 'bogus', 'Reservation')).toMatchObject({ code: 64, lines: [] });
});
