import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { powershellCommand, scriptEnvironment } from '../../tools/powershell.mjs';
import { start } from '../cli/support.ts';
import { reservations, whenReserved } from '../demand/support.ts';
import { ownHome } from '../support/worker.ts';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

const faultyWorker = fileURLToPath(new URL('../fixtures/faulty-worker.mjs', import.meta.url));

/** An address where a faulty worker serves, one for each connection, and what these have received. */
async function faultyService(...fault: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'log');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const env = { ...process.env, FAULTY_WORKER_LOG: log };
    const child = spawn(process.execPath, [faultyWorker, ...fault], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    for (const stream of [socket, child.stdin, child.stdout]) stream.on('error', () => {});
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  onTestFinished(() => void server.close());
  const address = join(folder, 'sock');
  await new Promise<void>((resolve) => server.listen(address, resolve));
  const received = (method: string): { id: number; params: { id: number } }[] =>
    (existsSync(log) ? readFileSync(log, 'utf8') : '')
      .split('\n')
      .filter((line) => line.includes(`"${method}"`))
      .map((line) => JSON.parse(line));
  return { address, received };
}

async function sessionAt(address: string): Promise<ModuleSession> {
  const session = await ModuleSession.start({ env: { PORT_RESERVATION_ADDRESS: address } });
  onTestFinished(() => session[Symbol.asyncDispose]());
  return session;
}

describe.skipIf(process.platform === 'win32')('PowerShell at an address (skipped on Windows)', () => {
  test('exec’s reservations are seen, and what PowerShell reserves under it is free when it ends', async () => {
    const home = ownHome(onTestFinished);
    const env = { ...home, ...scriptEnvironment };
    const end = join(home.PORT_RESERVATION_HOME!, 'end');
    const script = `Import-Module ${quoted(moduleFolder)}; $null = New-PortReservation -Name inner
      "$PID $((Get-PortReservation).Name) $((Start-PortReservationWorker -Force -PassThru).Address)."
      $null = New-PortReservation -Name again; [Console]::Out.WriteLine('here')
      while (-not [IO.File]::Exists(${quoted(end)})) { [Threading.Thread]::Sleep(20) }`;
    const words = ['--name', 'outer', '--', '/bin/sh', '-c', '"$@"; echo "ended."; exec sleep 1000', 'sh'];
    const run = start(['exec', ...words, ...powershellCommand(), '-Command', script], { env });
    const [, id, names, address] = await run.line(/^(\d+) (.*) (\S+)\.\r?\n/m);
    expect([id, names!.split(' ').sort()]).toEqual([expect.any(String), ['inner', 'outer']]);
    expect(existsSync(address!)).toBe(true);
    await run.line(/^here/m);
    const held = (await reservations(env)).map(({ name, owner }) => [name, owner?.processId]);
    expect(held.sort()).toEqual([
      ['again', Number(id)],
      ['outer', run.child.pid],
    ]);
    writeFileSync(end, '');
    await run.line(/^ended\./m);
    await whenReserved(env, (all) => all.map(({ name }) => name).join() === 'outer');
  });

  test('Ctrl+C cancels the call, and the next one works on the same connection', async () => {
    const { address, received } = await faultyService('late');
    const session = await sessionAt(address);
    const run = session.powershell.run(`Get-PortReservation; [Console]::Out.WriteLine('not here')`);
    await vi.waitFor(() => expect(received('reservation/list')).not.toHaveLength(0), { timeout: 30_000 });
    session.powershell.interrupt();
    expect((await run).stdout).not.toContain('not here');
    await vi.waitFor(() => expect(received('$/cancelRequest')).not.toHaveLength(0));
    expect(received('$/cancelRequest')[0]!.params).toEqual({ id: received('reservation/list')[0]!.id });
    const { count } = await session.run('Report @{ count = @(Get-PortReservation).Count }');
    expect(count).toBe(0);
    expect(received('initialize')).toHaveLength(1);
  });

  test('one that ends in the middle of a call is an error that names it, and nothing is sent a second time', async () => {
    const { address, received } = await faultyService('exit-midway');
    const session = await sessionAt(address);
    const seen = await session.run(`
      New-PortReservation -ErrorVariable failed -ErrorAction SilentlyContinue
      $made = @(& (Get-Module PortReservation) { $script:Session.Worker }).Where({ $_ }).Count
      $env:PORT_RESERVATION_ADDRESS = $null
      Report @{ failed = Get-Facts $failed; made = $made; owner = (New-PortReservation).Owner.ProcessId -ne $PID }`);
    expect(seen).toEqual({
      failed: [
        {
          id: 'WorkerExited,New-PortReservation',
          category: 'ConnectionError',
          target: address,
          message: `'reservation/create' was not answered. The worker (at ${address}) has ended, or has closed the connection.`,
          action: expect.stringMatching(/are free\. Look with Get-PortReservation/),
        },
      ],
      made: 0,
      owner: true,
    });
    expect(received('reservation/create')).toHaveLength(1);
  });

  test.each(['garbage', 'wrong-version'])('one that answers the first call with %s is as none', async (fault) => {
    const { address, received } = await faultyService(fault, 'initialize');
    const session = await sessionAt(address);
    const seen = await session.run(`
      $r = New-PortReservation -ErrorVariable failed -WarningVariable warned
      Report @{ own = $r.Owner.ProcessId -ne $PID; failed = $failed.Count; warned = $warned.Count }`);
    expect(seen).toEqual({ own: true, failed: 0, warned: 0 });
    expect(received('initialize')).toHaveLength(1);
  });
});
