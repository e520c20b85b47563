import { type ExecFileSyncOptions, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startWorker } from '../../src/index.ts';
import { ownMachine } from '../dsc/support/installed.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { emptyFolder, noProgram, programTitle, singleProgramFile, version } from './installation.ts';

const isLinuxRoot = process.platform === 'linux' && process.getuid?.() === 0;

useOwnNetwork();

describe.skipIf(noProgram)(programTitle('the single program'), () => {
  let env: NodeJS.ProcessEnv;
  let program: string;
  beforeAll(() => {
    // Nothing of Node is to be found; what it leaves behind would be in this folder.
    const folder = emptyFolder(() => {});
    mkdirSync(join(folder, 'tmp'));
    env = {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      TMPDIR: join(folder, 'tmp'),
      PORT_RESERVATION_HOME: join(folder, 'home'),
    };
    program = join(folder, 'alone', 'portreservation');
    mkdirSync(join(folder, 'alone'));
    copyFileSync(singleProgramFile, program);
  });

  const run = (file: string, words: string[], options: ExecFileSyncOptions = {}) =>
    execFileSync(file, words, { env, encoding: 'utf8', ...options }) as string;
  const said = (command: string, words: string[], own: NodeJS.ProcessEnv = env) => {
    const { status, stdout, stderr } = spawnSync(command, words, { env: own, encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  test('has its version and its name in its help', () => {
    expect(run(program, ['--version'])).toBe(`${version}\n`);
    expect(run(program, ['--help'])).toMatch(/^Usage: portreservation /);
    expect(run(program, ['serve', '--help'])).toMatch(/^Usage: portreservation serve /);
  });

  test('copied alone it reserves for a command, and leaves nothing of its own behind', () => {
    expect(run(program, ['exec', '--ports', '2', '--', 'printenv', 'PORT_RANGE'])).toMatch(/^\d+-\d+\n$/);
    expect(readdirSync(env.TMPDIR!).filter((name) => name.startsWith('portreservation-'))).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('is started by a link, and by its name on PATH', () => {
    const bin = emptyFolder(onTestFinished);
    symlinkSync(program, join(bin, 'portreservation'));
    expect(run(join(bin, 'portreservation'), ['find', '--plain'])).toMatch(/^\d+\n$/);
    const own = { ...env, PATH: `${bin}:${env.PATH}` };
    expect(run('sh', ['-c', 'portreservation find --plain'], { env: own })).toMatch(/^\d+\n$/);
  });

  test('holds ports for another process, by starting itself once more', () => {
    const other = spawn('sleep', ['600']);
    onTestFinished(() => void other.kill());
    const words = ['new', '--pid', `${other.pid}`, '--name', 'kept-by-program', '--plain'];
    const port = run(program, words);
    expect(run(program, ['get', 'kept-by-program'])).toContain(port.trim());
  });

  test('serves as a worker does', async () => {
    await using worker = await startWorker({ command: [program, 'serve', '--stdio'], env });
    const { reservations } = await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts: 3 });
    expect(reservations).toHaveLength(1);
  });

  test('serves agents', () => {
    const hello = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
    const initialize = {
      ...{ jsonrpc: '2.0', id: 0, method: 'initialize' },
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    };
    const input = [initialize, hello].map((message) => `${JSON.stringify(message)}\n`).join('');
    expect(run(program, ['mcp'], { input })).toContain('"tools":[');
  });

  test('does what the DSC engine asks', () => {
    const own = { ...env, ...ownMachine(onTestFinished) };
    const input = JSON.stringify({ protocol: 'tcp', startPort: 23_000, numberOfPorts: 2, name: 'web' });
    run(program, ['dsc', 'set', 'Reservation'], { env: own, input, stdio: 'pipe' });
    expect(JSON.parse(run(program, ['dsc', 'get', 'Reservation'], { env: own, input }))).toMatchObject({
      _exist: true,
    });
  });

  test.runIf(isLinuxRoot)('takes no native file that somebody else may change', () => {
    const folder = emptyFolder(onTestFinished);
    const copy = join(folder, 'portreservation');
    copyFileSync(singleProgramFile, copy);
    const beside = join(folder, 'koffi', `linux-${process.arch}`);
    mkdirSync(beside, { recursive: true });
    writeFileSync(join(beside, 'koffi.node'), 'no library');
    chmodSync(join(beside, 'koffi.node'), 0o644);
    expect(run(copy, ['find', '--plain'])).toMatch(/^\d+\n$/);
  });

  test.runIf(isLinuxRoot)('needs one folder where what it writes may be run, and else says so in a sentence', () => {
    const places = ['/tmp', '/var/tmp', '/dev/shm', '/run'];
    const home = '/run/nobody';
    const mounts = (some: string[]) => some.map((place) => `mount -t tmpfs -o noexec none ${place}`).join('\n');
    const script = (noexec: string[]) =>
      `cp ${program} /mnt/portreservation; ${mounts(noexec)}\nmkdir -p ${home}\nexec /mnt/portreservation find --plain`;
    const own = { ...env, HOME: home, TMPDIR: '/tmp' };
    const within = (noexec: string[]) =>
      said('unshare', ['-m', 'sh', '-ec', `mount -t tmpfs none /mnt; ${script(noexec)}`], own);
    expect(within(places.slice(0, 3))).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\n$/) });
    const { status, stderr } = within(places);
    expect(status).toBe(1);
    expect(stderr.split('\n')[0]).toMatch(/^portreservation: The native code cannot be loaded: .*\.$/);
    expect(stderr).toContain('noexec');
    expect(stderr.split('\n')).toHaveLength(3);
  });

  test.runIf(isLinuxRoot)('runs for a user without a home', () => {
    const folder = emptyFolder(onTestFinished);
    chmodSync(folder, 0o755);
    copyFileSync(singleProgramFile, join(folder, 'portreservation'));
    const { status, stdout } = said(
      'setpriv',
      ['--reuid=65534', '--clear-groups', join(folder, 'portreservation'), 'find', '--plain'],
      {
        PATH: '/usr/bin:/bin',
      },
    );
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
  });
});
