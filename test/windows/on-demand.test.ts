import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab, windowsPath } from '../lab/lab.ts';
import type { Machine } from '../lab/run.ts';
import { openProductLab, type ProductLab } from './support/product-lab.ts';

describeInLab('ports on demand on Windows', () => {
  let opened: ProductLab;
  let machine: Machine;
  let file: string;
  beforeAll(async () => {
    opened = await openProductLab();
    machine = opened.lab.machine();
    file = opened.product.program;
  });
  afterAll(() => opened?.close());

  const env = () => ({
    PORT_RESERVATION_HOME: windowsPath(join(machine.folder, 'home')),
    PATH: `${windowsPath(machine.folder)};${windowsPath(dirname(opened.lab.paths.node20))};C:\\windows\\system32`,
    PRODUCT: windowsPath(file),
    LIBRARY: `file:///Z:${pathToFileURL(opened.product.library).pathname}`,
  });
  const run = (args: string[]) => machine.run({ runtime: 'node20', file, args, env: env() });

  /** Runs a script under exec, and gives what it reports, and how exec ended. */
  async function underExec(script: string, ...options: string[]) {
    const program = join(machine.folder, `asks-${Math.random().toString(36).slice(2)}.mjs`);
    writeFileSync(program, `${helpers}\n${script}`);
    const ran = await run(['exec', '--quiet', ...options, '--', 'node', windowsPath(program)]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ran.stdout);
  }

  const reserved = async () => JSON.parse((await run(['get', '--json'])).stdout).reservations;

  // portpicker on Windows opens what PORTSERVER_ADDRESS says as a file, writes its line, and reads six bytes.
  const helpers = `
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { execFileSync, spawn } from 'node:child_process';
const { PORTSERVER_ADDRESS, PORT_RESERVATION_ADDRESS, PRODUCT, LIBRARY } = process.env;
const report = (values) => console.log(JSON.stringify(values));
const tool = (...words) => execFileSync(process.execPath, [PRODUCT, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const reservations = () => JSON.parse(tool('get', '--json')).reservations;
function pick(processId) {
  const pipe = openSync(PORTSERVER_ADDRESS, 'r+');
  writeSync(pipe, processId + '\\n');
  const answer = Buffer.alloc(6);
  const length = readSync(pipe, answer, 0, 6, null);
  closeSync(pipe);
  return answer.toString('latin1', 0, length);
}`;

  test('the address is a pipe, and portpicker’s way of asking gives ports that are the asker’s', async () => {
    const seen = await underExec(`
      const picked = Array.from({ length: 5 }, () => pick(process.pid));
      const mine = reservations().filter(({ owner }) => owner?.processId === process.pid);
      report({ PORTSERVER_ADDRESS, same: PORTSERVER_ADDRESS === PORT_RESERVATION_ADDRESS, picked, none: pick(4_000_000),
        mine: mine.map(({ range }) => range.startPort) });`);
    expect(seen).toMatchObject({
      PORTSERVER_ADDRESS: expect.stringMatching(/^\\\\\.\\pipe\\port-reservation-\d+-[0-9a-f]{12}$/),
      same: true,
      none: '0\n',
    });
    const picked = (seen.picked as string[]).map(Number);
    expect(new Set(picked).size).toBe(5);
    for (const text of seen.picked) expect(text).toMatch(/^\d{4,5}\n$/);
    expect(new Set(seen.mine)).toEqual(new Set(picked));
    expect(await reserved()).toEqual([]);
  });

  test('many who ask at once all get theirs, and what one has is free when it has ended', async () => {
    const seen = await underExec(`
      if (process.argv[2] === 'asks') {
        console.log(JSON.stringify(Array.from({ length: 10 }, () => pick(process.pid))));
        process.exit();
      }
      const ran = await Promise.all(Array.from({ length: 12 }, () => new Promise((resolve) => {
        const child = spawn(process.execPath, [process.argv[1], 'asks'], { stdio: ['ignore', 'pipe', 'pipe'] });
        let text = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
        child.on('close', (code) => resolve({ code, text, id: child.pid }));
      })));
      const ids = ran.map(({ id }) => id);
      while (reservations().some(({ owner }) => ids.includes(owner?.processId)));
      report({ ran: ran.map(({ code, text }) => [code, text]) });`);
    for (const [code, text] of seen.ran)
      expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/^\[/) });
    const picked = seen.ran.flatMap(([, text]: [number, string]) => JSON.parse(text));
    expect(picked.filter((text: string) => !/^\d{4,5}\n$/.test(text))).toEqual([]);
    expect(new Set(picked).size).toBe(120);
  });

  test('take asks there too, for the process that calls it', async () => {
    const seen = await underExec(`
      const [first, second] = tool('take', '--ports', '2', '--name', 'taken', '--pid', process.pid).trim().split('\\n').map(Number);
      const mine = reservations().find(({ name }) => name === 'taken');
      report({ follows: second === first + 1, isThere: mine.range.startPort === first, isOurs: mine.owner.processId === process.pid });`);
    expect(seen).toEqual({ follows: true, isThere: true, isOurs: true });
  });

  test('the contract is served there, for as long as the connection lives; reserve() holds for itself', async () => {
    const seen = await underExec(
      `
      const { startWorker, reserve } = await import(LIBRARY);
      const worker = await startWorker();
      const { reservations: [made] } = await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts: 2, name: 'wire' });
      const listed = reservations().find(({ name }) => name === 'wire');
      const block = await reserve({ name: 'own' });
      const own = reservations().find(({ name }) => name === 'own');
      const exec = worker.processId;
      await worker.close();
      const left = reservations().map(({ name }) => name).sort();
      await block.release();
      report({ joined: exec === 0, enforcement: made.enforcement, owner: listed.owner.processId === process.pid,
        own: own.owner.processId === process.pid, left });
      process.exit();`,
      '--name',
      'outer',
    );
    expect(seen).toEqual({ joined: true, enforcement: 'kernel', owner: true, own: true, left: ['outer', 'own'] });
    expect(await reserved()).toEqual([]);
  });

  test('serve --listen does so without a command, under a name that is given, and ends with what it held', async () => {
    const pipe = `\\\\.\\pipe\\port-reservation-test-${process.pid}`;
    const server = await machine.start({ runtime: 'node20', file, args: ['serve', '--listen', pipe], env: env() });
    const said = await new Promise<string>((resolve) => server.stdout.once('data', (text) => resolve(`${text}`)));
    expect(said).toBe(`PORT_RESERVATION_ADDRESS=${pipe}\nPORTSERVER_ADDRESS=${pipe}\n`);
    const { code, stderr } = await run(['serve', '--listen', pipe]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Somebody serves there already') });
    const script = `${helpers}
      const picked = pick(process.pid);
      const { startWorker } = await import(LIBRARY);
      const worker = await startWorker();
      await worker.request('reservation/create', { protocol: 'tcp', name: 'joined' });
      report({ picked, names: reservations().map(({ name }) => name) });
      process.stdin.resume();`;
    const client = await machine.start({
      runtime: 'node20',
      code: script,
      env: { ...env(), PORT_RESERVATION_ADDRESS: pipe, PORTSERVER_ADDRESS: pipe },
    });
    const seen = JSON.parse(
      await new Promise<string>((resolve) => client.stdout.once('data', (text) => resolve(`${text}`))),
    );
    expect(seen).toEqual({ picked: expect.stringMatching(/^\d{4,5}\n$/), names: expect.arrayContaining(['joined']) });
    await server.kill();
    expect(await reserved()).toEqual([]);
    await client.kill();
  });

  test('PowerShell joins, holds its own runtime reservations, and frees them when who serves is gone', async () => {
    const pipe = `\\\\.\\pipe\\port-reservation-module-${process.pid}`;
    const server = await machine.start({ runtime: 'node20', file, args: ['serve', '--listen', pipe], env: env() });
    await new Promise((resolve) => server.stdout.once('data', resolve));
    const script = `
      Import-Module '${windowsPath(join(dirname(opened.product.worker), '..', 'PortReservation.psd1'))}'
      $r = New-PortReservation -Name joined -NumberOfPorts 2
      $socket = $r | New-PortReservationSocket
      $inside = $socket.LocalEndPoint.Port -eq $r.StartPort
      $socket.Dispose()
      $worker = & (Get-Module PortReservation) { $script:Session.Worker }
      $holder = $worker.Connection.Holder
      [Console]::Out.WriteLine("$($worker.Address) $($r.Owner.ProcessId -eq $PID) $inside $((Get-PortReservation).Name) $($r.Enforcement) serving.")
      while (-not $holder.End.IsCancellationRequested) { [System.Threading.Thread]::Sleep(20) }
      [Console]::Out.WriteLine('gone.')
      $own = New-PortReservation $r.StartPort -NumberOfPorts 2 -Name own -WarningVariable warned -WarningAction SilentlyContinue
      [Console]::Out.WriteLine("$($own.Owner.ProcessId -eq $PID) $warned")
      Stop-PortReservationWorker
      $env:PORT_RESERVATION_ADDRESS = '${pipe}-nobody'
      [Console]::Out.WriteLine("$((New-PortReservation).Name)alone.")
      exit 0`;
    const session = await machine.start({
      runtime: 'powershell',
      code: script,
      env: { ...env(), PORT_RESERVATION_ADDRESS: pipe },
    });
    let said = '';
    const serving = new Promise<void>((resolve) => {
      session.stdout.on('data', (text) => {
        said += text;
        if (said.includes('serving.')) resolve();
      });
    });
    await Promise.race([serving, session.ended]);
    await server.kill();
    const { code, stdout, stderr } = await session.ended;
    expect({ code, stderr, lines: stdout.trim().split(/\r?\n/) }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        `${pipe} True True joined Kernel serving.`,
        'gone.',
        expect.stringMatching(/^\S+ The worker \(at .*\) has ended, .* A new worker is started\.$/),
        'alone.',
      ],
    });
  });
});
