import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation } from './support.ts';

useOwnNetwork();

/** Ends at once, and leaves a process behind that has the port and goes on until its input ends. */
const leaving = `
  const server = "require('net').createServer().listen(process.env.PORT, () => console.log('listens')); process.stdin.resume().on('end', process.exit)";
  const child = require('child_process').spawn(process.execPath, ['-e', server], { stdio: [0, 'pipe', 'ignore'] });
  child.stdout.once('data', () => { console.log('left'); process.exit(5); });`;

/** The command line whose log nobody reads. */
function startUnheard(...words: string[]) {
  const env = ownHome(onTestFinished);
  const child = spawn(process.execPath, [portreservation, ...words], { env, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stderr.destroy();
  return { child, env };
}

describe.skipIf(process.platform === 'win32')('output that nobody takes', () => {
  test('a closed log changes no exit code', async () => {
    const { child } = startUnheard('remove', 'nothing', '--no-such-option');
    expect(await once(child, 'close')).toEqual([64, null]);
  });

  test('a closed log does not free the ports of what a command left running', async () => {
    const { child, env } = startUnheard('exec', '--name', 'kept', '--', process.execPath, '-e', leaving);
    await once(child.stdout, 'data');
    const get = spawn(process.execPath, [portreservation, 'get'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await text(get.stdout)).toContain('kept');
    child.stdin.end();
    expect(await once(child, 'close')).toEqual([5, null]);
  });

  test.skipIf(!existsSync('/dev/full')).each([['--version'], ['get', '--json'], ['map']])(
    'what cannot be written is said, with exit code 1: %s',
    async (...words) => {
      const full = openSync('/dev/full', 'w');
      const env = ownHome(onTestFinished);
      const child = spawn(process.execPath, [portreservation, ...words], { env, stdio: ['ignore', full, 'pipe'] });
      const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
      expect({ code, said }).toEqual({
        code: 1,
        said: 'portreservation: The output cannot be written: ENOSPC: no space left on device, write.\n',
      });
    },
  );

  test('a reader that has enough of the version is no failure', async () => {
    const child = spawn(process.execPath, [portreservation, '--version'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ code, said }).toEqual({ code: 0, said: '' });
  });
});
