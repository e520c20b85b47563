import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bindAll, expectFree, expectReserved } from '../windows/support/ports.ts';
import type { Caller } from './caller.ts';
import { describeInLab, windowsPath } from './lab.ts';
import { ModuleLab, type WindowsSession } from './module.ts';
import { freeBlock } from './ports.ts';
import type { Machine } from './run.ts';

describeInLab('the end of runtime reservations of the module', () => {
  let lab: ModuleLab;
  let machine: Machine;
  let program: Caller;
  let other: WindowsSession;
  let session: WindowsSession;
  let start: number;
  let worker: number;
  beforeAll(async () => {
    lab = await ModuleLab.open();
    machine = lab.machine();
    program = await machine.caller();
    other = await lab.session(machine);
  });
  beforeEach(async () => {
    session = await lab.session(machine);
    start = (await freeBlock(4)) + 1;
    const { id } = await session.run(
      `$held = New-PortReservation -StartPort $start -NumberOfPorts 2 -Name held
      $worker = & (Get-Module PortReservation) { $script:Session.Worker.Process }
      Report @{ id = $worker.Id }`,
      { start },
    );
    worker = id;
    await expectReserved(program, 'tcp', start, 2);
    return () => session.kill();
  });
  afterAll(() => lab.close());

  /** Once the worker has ended, nobody holds the ports, and nobody says so. */
  async function expectGone(): Promise<void> {
    const seen = await other.run(
      `try { [System.Diagnostics.Process]::GetProcessById($id).WaitForExit() }
      catch [System.ArgumentException] { $null = 'it has ended' }
      Report @{ count = @(Get-PortReservation held).Count; error = "$($Error[0].FullyQualifiedErrorId)" }`,
      { id: worker },
    );
    expect(seen).toEqual({ count: 0, error: 'NotFound,Get-PortReservation' });
    await expectFree(program, 'tcp', start, 2);
  }

  test.each(['Stop-PortReservationWorker', 'Remove-Module PortReservation'])('%s', async (command) => {
    await session.run(`${command}; Report @{}`);
    await expectGone();
  });

  test('the end of the session', async () => {
    await session.end();
    await expectGone();
  });

  test('the worker is killed while no cmdlet runs', async () => {
    // The module closes its sockets by itself; the script only waits until it has.
    await session.run(
      `$holder = & (Get-Module PortReservation) { $script:Session.Worker.Connection.Holder }
      $socket = @($holder.Sockets.Values)[0]
      $worker.Kill()
      while (-not $socket.SafeHandle.IsClosed) { [System.Threading.Thread]::Sleep(10) }
      Report @{}`,
    );
    await expectGone();
    const { count, warning } = await session.run(
      'Report @{ count = @(Get-PortReservation -WarningVariable warned 3> $null).Count; warning = "$warned" }',
    );
    expect(count).toBe(0);
    expect(warning).toContain('A new worker is started');
  });

  test('PowerShell is killed', async () => {
    await session.kill();
    // With its process, before any record is looked at.
    await expectFree(program, 'tcp', start, 2);
    await expectGone();
  });

  test('a socket that is bound inside keeps its port alone', async () => {
    const { port } = await session.run(
      `$socket = $held | New-PortReservationSocket
      $socket.Listen(5)
      Stop-PortReservationWorker
      Report @{ port = $socket.LocalEndPoint.Port }`,
    );
    expect(port).toBe(start);
    expect(await bindAll(program, 'tcp', start, 2)).toEqual([10048, 0]);
  });
});

describeInLab('the worker of the module on Windows', () => {
  let lab: ModuleLab;
  beforeAll(async () => {
    lab = await ModuleLab.open();
  });
  afterAll(() => lab.close());

  test('runs on the node.exe of PATH', async () => {
    const session = await lab.session(lab.machine(), { env: { PORT_RESERVATION_NODE: '' } });
    const { none, id } = await session.run(
      `try { Get-PortReservation } catch { $id = $_.FullyQualifiedErrorId }
      $env:PATH = "relative;C:\\windows;\`"$env:NODE_FOLDER\\\`""
      Report @{ none = @(Get-PortReservation).Count; id = $id }`,
    );
    expect({ none, id }).toEqual({ none: 0, id: 'NodeNotFound,Get-PortReservation' });
    await session.end();
  });

  test('a path with blanks reaches it whole', async () => {
    const machine = lab.machine();
    const file = join(machine.folder, 'a worker of its own.mjs');
    writeFileSync(file, `import(process.env.WORKER);`);
    const worker = join(lab.folder, 'dist/PortReservation/worker/worker.mjs');
    const session = await lab.session(machine, { env: { WORKER: `file:///Z:${worker}` } });
    const { provider, commandLine } = await session.run(
      `$worker = Start-PortReservationWorker -WorkerPath $path -PassThru
      Report @{ provider = $worker.Provider; commandLine = $worker.CommandLine }`,
      { path: windowsPath(file) },
    );
    expect(provider).toBe('Windows');
    expect(commandLine).toContain(windowsPath(file));
    await session.end();
  });

  /** A session whose call was stopped just before its worker, which does not end by itself, asked the holder. */
  async function stoppedCall(): Promise<{ session: WindowsSession; answered: string }> {
    const machine = lab.machine();
    const file = join(machine.folder, 'late.mjs');
    writeFileSync(file, lateWorker);
    const session = await lab.session(machine, { env: { ANSWERED: windowsPath(join(machine.folder, 'answered')) } });
    const { answered } = await session.run(
      `$second = [powershell]::Create([initialsessionstate]::CreateDefault2())
      $null = $second.AddScript("
        Import-Module '$ModulePath'
        Start-PortReservationWorker -WorkerPath '$path'
        & (Get-Module PortReservation) { \`$script:Session.Worker }")
      $worker = $second.Invoke()[0]
      $second.Commands.Clear()
      $null = $second.AddScript("New-PortReservation -StartPort $start").BeginInvoke()
      while (-not [System.IO.File]::Exists($env:ANSWERED)) { [System.Threading.Thread]::Sleep(10) }
      $second.Stop()
      Report @{ answered = [System.IO.File]::ReadAllText($env:ANSWERED) }`,
      { path: windowsPath(file), start: await freeBlock(2) },
    );
    return { session, answered };
  }

  // While it waits for an answer it keeps the ledger locked.
  test('is served until it has given up a call that was stopped', async () => {
    const { session, answered } = await stoppedCall();
    expect(JSON.parse(answered)).toMatchObject({ id: 1, result: { token: expect.stringMatching(/^\d+$/) } });
    await session.run('$worker.Process.Kill(); $worker.Process.WaitForExit(); Report @{}');
    await session.kill();
  });

  test('frees the ports when it is told to stop, and not only when it has ended', async () => {
    const { session } = await stoppedCall();
    const { ended } = await session.run(
      `$socket = @($worker.Connection.Holder.Sockets.Values)[0]
      $second.Commands.Clear()
      $stop = $second.AddScript('Stop-PortReservationWorker').BeginInvoke()
      while (-not $socket.SafeHandle.IsClosed) { [System.Threading.Thread]::Sleep(10) }
      Report @{ ended = $worker.Process.HasExited }
      $null = $second.EndInvoke($stop)`,
    );
    expect(ended).toBe(false);
    await session.kill();
  });
});

/** Asks the holder only when it is told that its caller has given up, and outlives the end of its input. */
const lateWorker = `
import { writeFileSync } from 'node:fs';
let buffer = Buffer.alloc(0);
let create;
const send = (message) => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  process.stdout.write(Buffer.concat([Buffer.from('Content-Length: ' + body.length + '\\r\\n\\r\\n'), body]));
};
function take({ id, method, params, ...answer }) {
  if (method === 'initialize') send({ id, result: { protocolVersion: params.protocolVersion, provider: 'windows',
    platform: 'win32', serverInfo: { name: 'late', version: '1' },
    capabilities: { runtime: 'kernel', persistent: 'kernel', handOver: 'token' } } });
  if (method === 'reservation/create') {
    create = { id, params };
    writeFileSync(process.env.ANSWERED, 'asked');
  }
  if (method === '$/cancelRequest') send({ id: 1, method: 'holder/acquire',
    params: { protocol: 'tcp', range: { startPort: create.params.startPort, numberOfPorts: 1 } } });
  if (!method) {
    writeFileSync(process.env.ANSWERED, JSON.stringify({ id, ...answer }));
    send({ id: create.id, error: { code: -32800, message: 'given up' } });
  }
}
process.stdin.on('data', (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf('\\r\\n\\r\\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\\d+)/.exec(buffer.toString('latin1', 0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    const body = buffer.toString('utf8', end + 4, end + 4 + length);
    buffer = buffer.subarray(end + 4 + length);
    take(JSON.parse(body));
  }
});
setInterval(() => {}, 60_000);
`;
