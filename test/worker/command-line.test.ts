import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { packageVersion } from '../../src/protocol/generated/contract.ts';
import { workerFile } from '../support/worker.ts';

describe('the command line', () => {
  async function run(...args: string[]) {
    const child = spawn(process.execPath, [workerFile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    const [code] = await once(child, 'close');
    return { code, out, err };
  }

  test('--version prints the version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${packageVersion}\n`, err: '' });
  });

  test('--help prints how it is used', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: .*--stdio/), err: '' });
  });

  test.each([
    [],
    ['--port', '5'],
    ['--stdio', '--provider', 'magic'],
    ['--listen', '--stdio'],
    ['--listen='],
    ['--listen', '@x'],
  ])('%j ends with 64 and says why', async (...args) => {
    const { code, out, err } = await run(...args.flat());
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toMatch(
      /^(--stdio or --listen is missing|--stdio and --listen exclude|--listen (?:.*) is an abstract|--listen= must|unknown argument|--provider must be one of).*\n\nUsage: /,
    );
  });

  test('without input it ends with 0', async () => {
    expect(await run('--stdio')).toEqual({ code: 0, out: '', err: '' });
  });
});
