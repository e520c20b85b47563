import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PortRange } from '../../src/protocol/generated/contract.ts';
import { describeInLab, windowsPath } from '../lab/lab.ts';
import { only } from '../support/only.ts';
import { LabWindows } from './support/lab-windows.ts';
import { eachMachine } from './support/windows.ts';

type Row = [first: number, last: number, star?: '*'];

const table = (title: string, rows: Row[]) =>
  `\r\n${title}\r\n\r\nStart Port    End Port      \r\n----------    --------      \r\n${rows
    .map(
      ([first, last, star]) => `${String(first).padStart(10)}  ${String(last).padStart(10)}${star ? '     *' : ''}\r\n`,
    )
    .join('')}\r\n* - Administered port exclusions.\r\n`;

// netsh itself is played: what it would say on a real Windows is in a file for each of its commands.
describeInLab('what netsh shows', () => {
  const windows = new LabWindows('node22');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  const folder = () => join(machine().folder, 'netsh');

  function netshSays(command: string, text: string | Buffer): void {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), command), text);
  }

  const tables = ['ipv4', 'ipv6'].flatMap((family) =>
    ['active', 'persistent'].map((store) => [family, store] as const),
  );

  const command = (protocol: string, [family, store]: readonly [string, string] = ['ipv4', 'active']) =>
    `interface ${family} show excludedportrange protocol=${protocol} store=${store}`;

  /** All tables of a protocol show the same. */
  function netshShows(rows: { tcp: Row[]; udp: Row[] }): void {
    for (const protocol of ['tcp', 'udp'] as const)
      for (const one of tables)
        netshSays(command(protocol, one), table(`Protocol ${protocol} Port Exclusion Ranges`, rows[protocol]));
  }

  const worker = (code = 0) =>
    machine().worker({ elevated: true, env: { LAB_NETSH: windowsPath(folder()), LAB_NETSH_CODE: String(code) } });

  test('a row that Lookup knows is listed as a persistent reservation, and no other row is', async () => {
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(24);
    const { token } = await program.call('create', 'tcp', start, 3);
    const other = await program.call('create', 'udp', start + 10, 2);
    await program.call('acquire', await program.call('socket', 'tcp'), start + 5, 2);
    netshShows({
      tcp: [
        [start, start + 2],
        [start + 5, start + 6],
        [start + 20, start + 21, '*'],
      ],
      udp: [[start + 10, start + 11, '*']],
    });
    const persistent = { lifetime: 'persistent', enforcement: 'kernel', provider: 'windows', state: 'foreign' };
    expect(await (await worker()).request('reservation/list', {})).toEqual({
      reservations: [
        { protocol: 'tcp', range: { startPort: start, numberOfPorts: 3 }, token, ...persistent },
        { protocol: 'udp', range: { startPort: start + 10, numberOfPorts: 2 }, token: other.token, ...persistent },
      ],
    });
  });

  test('the other rows are seen as what they are, when a port of theirs is asked about', async () => {
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(24);
    await program.call('acquire', await program.call('socket', 'tcp'), start + 5, 2);
    netshShows({
      tcp: [
        [start + 5, start + 6],
        [start + 20, start + 21, '*'],
      ],
      udp: [],
    });
    const ranges = [start + 6, start + 20, start + 22].map((startPort) => ({ startPort, numberOfPorts: 1 }));
    const { ports } = await (await worker()).request('port/inspect', { protocol: ['tcp'], ranges });
    expect(ports.map(({ verdict, canBind, exclusion }) => ({ verdict, canBind, exclusion }))).toEqual([
      {
        verdict: 'excludedBySystem',
        canBind: false,
        exclusion: expect.objectContaining({ range: { startPort: start + 5, numberOfPorts: 2 }, administered: false }),
      },
      {
        verdict: 'excludedByAdministrator',
        canBind: true,
        exclusion: expect.objectContaining({ range: { startPort: start + 20, numberOfPorts: 2 }, administered: true }),
      },
      { verdict: 'free', canBind: true, exclusion: undefined },
    ]);
  });

  test('the map has a row of each kind, reservations, and a listener', async () => {
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(24);
    await program.call('create', 'tcp', start, 3);
    netshShows({
      tcp: [
        [start, start + 2],
        [start + 5, start + 6],
        [start + 20, start + 21, '*'],
      ],
      udp: [],
    });
    netshSays(
      'interface ipv4 show dynamicport protocol=tcp',
      '\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n',
    );
    const socket = await program.call('socket', 'tcp');
    await program.call('bind', socket, start + 10);
    await program.call('listen', socket);
    const one = await worker();
    const { segments, dynamicRange, text } = only(
      await one.request('port/map', {
        protocol: 'tcp',
        render: { format: 'svg' },
      }),
    );
    expect(dynamicRange).toEqual({ startPort: 49_152, numberOfPorts: 16_384 });
    const at = (port: number) => segments.find(({ range }) => range.startPort === port);
    expect(at(start)).toMatchObject({ kind: 'reserved', reservation: { lifetime: 'persistent' } });
    expect(at(start + 5)).toMatchObject({ kind: 'excludedBySystem', label: 'netsh', range: { numberOfPorts: 2 } });
    expect(at(start + 20)).toMatchObject({ kind: 'excludedByAdministrator', range: { numberOfPorts: 2 } });
    expect(at(start + 10)).toMatchObject({ kind: 'listening', holders: [{ state: 'listening' }] });
    expect(text).toContain(`${start + 5}-${start + 6} kept by the system: by the system, nobody can bind (netsh)`);
  });

  test('one that the ledger knows is listed once, with its name', async () => {
    const one = await worker();
    const start = await machine().block(2);
    netshShows({ tcp: [], udp: [[start, start + 1]] });
    const params = {
      protocol: 'udp',
      startPort: start,
      numberOfPorts: 2,
      lifetime: 'persistent',
      name: 'dns',
    } as const;
    const made = only(await one.request('reservation/create', params));
    expect(await one.request('reservation/list', {})).toEqual({ reservations: [made] });
  });

  test('a token of a reservation that only Windows knows finds it', async () => {
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(2);
    const { token } = await program.call('create', 'udp', start, 2);
    netshShows({ tcp: [], udp: [[start, start + 1]] });
    const freed = only(await (await worker()).request('reservation/release', { token }));
    expect(freed).toMatchObject({ protocol: 'udp', range: { startPort: start, numberOfPorts: 2 } });
    expect(await program.call('lookup', 'udp', start, 2)).toEqual({ code: 1168 });
  });

  test.each([
    ['no output', '', 0],
    ['text without a table', 'Der Befehl wurde nicht gefunden.\r\n', 0],
    ['an exit code, even with a table', table('Protocol tcp Port Exclusion Ranges', []), 1],
  ])('%s is a warning in the list, never "none"', async (_title, text, code) => {
    for (const protocol of ['tcp', 'udp']) for (const one of tables) netshSays(command(protocol, one), text);
    const { reservations, warnings } = await (await worker(code)).request('reservation/list', {});
    expect(reservations).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('Persistent tcp'), expect.stringContaining('Persistent udp')]);
  });

  test.each(tables)('a row of the %s table of the %s store alone is enough', async (...one) => {
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(2);
    const { token } = await program.call('create', 'udp', start, 2);
    netshShows({ tcp: [], udp: [] });
    netshSays(command('udp', one), table('Protocol udp Port Exclusion Ranges', [[start, start + 1]]));
    expect(await (await worker()).request('reservation/list', {})).toMatchObject({ reservations: [{ token }] });
    netshSays(command('udp', one), '');
    const { warnings } = await (await worker()).request('reservation/list', {});
    expect(warnings).toEqual([expect.stringContaining(command('udp', one))]);
  });

  test('an empty table is no warning', async () => {
    netshShows({ tcp: [], udp: [] });
    expect(await (await worker()).request('reservation/list', {})).toEqual({ reservations: [] });
  });

  test('a table in the console code page of another language is understood', async () => {
    const one = await worker();
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(1);
    const { token } = await program.call('create', 'tcp', start, 1);
    netshShows({ tcp: [], udp: [] });
    const rows = `\r\n------------- -----------\r\n${String(start).padStart(10)}  ${String(start).padStart(10)}      \r\n`;
    const title = Buffer.from('50726f746f636f6c6520746370205fe9202882827f', 'hex'); // bytes that are no UTF-8
    netshSays(command('tcp'), Buffer.concat([title, Buffer.from(rows, 'latin1')]));
    const { reservations, warnings } = await one.request('reservation/list', {});
    expect(reservations).toMatchObject([{ token, range: { startPort: start, numberOfPorts: 1 } }]);
    expect(warnings).toBeUndefined();
  });

  test('a port that a url is reserved on is passed over, and said to be awaited', async () => {
    const start = await machine().block(2);
    const texts = join(machine().folder, 'announced');
    mkdirSync(texts);
    writeFileSync(join(texts, 'urlacl'), `\r\n    Reserved URL            : http://+:${start}:127.0.0.1/ \r\n`);
    const one = await machine().worker({ env: { LAB_TEXTS: windowsPath(texts) } });
    const within = { startPort: start, numberOfPorts: 2 };
    expect(await one.request('port/find', { protocol: 'tcp', within })).toEqual({
      ranges: [{ startPort: start + 1, numberOfPorts: 1 }],
    });
    const { reservations } = await one.request('reservation/create', { protocol: 'tcp', numberOfPorts: 1, within });
    expect(reservations).toMatchObject([{ range: { startPort: start + 1 } }]);
    const only: PortRange = { startPort: start, numberOfPorts: 1 };
    expect(await one.refusal('port/find', { protocol: 'tcp', within: only })).toMatchObject({
      name: 'NoFreeRange',
      message: expect.stringContaining(`A url is reserved at HTTP.sys on port ${start}`),
    });
    const { ports } = await one.request('port/inspect', { protocol: ['tcp'], ranges: [only] });
    expect(ports[0]).toMatchObject({
      verdict: 'free',
      explanation: `Nothing has it, and a bind succeeds; http://+:${start}:127.0.0.1/ is reserved at HTTP.sys, for a program that listens there.`,
    });
  });

  test('what the kernel listens for is HTTP.sys where a url is reserved, and nothing is guessed elsewhere', async () => {
    const program = await machine().caller();
    const start = await machine().block(2);
    const texts = join(machine().folder, 'texts');
    mkdirSync(texts);
    const url = `http://+:${start}/app/`;
    writeFileSync(join(texts, 'urlacl'), `\r\n    Reserved URL            : ${url} \r\n        User: \\Everyone\r\n`);
    for (const port of [start, start + 1]) {
      const socket = await program.call('socket', 'tcp', 23);
      await program.call('bind', socket, port);
      await program.call('listen', socket);
    }
    const statusOf = async (port: number) => {
      const one = await machine().worker({ env: { LAB_TEXTS: windowsPath(texts) }, faults: { 'HTTP.sys': port } });
      const asked = { protocol: ['tcp'] as ['tcp'], ranges: [{ startPort: port, numberOfPorts: 1 }] as [PortRange] };
      const { ports, warnings } = await one.request('port/inspect', asked);
      expect(warnings).toBeUndefined();
      return ports[0]!;
    };
    expect(await statusOf(start)).toMatchObject({
      verdict: 'listening',
      holders: [{ processId: 4, processName: 'System', urls: [url] }],
      explanation: `System (process 4) listens on :: for HTTP.sys, where ${url} is reserved.`,
      remedy: { run: 'netsh http show servicestate view=requestq' },
    });
    const other = await statusOf(start + 1);
    expect(other.holders).toEqual([expect.not.objectContaining({ urls: expect.anything() })]);
    expect(other.explanation).toBe(
      'System (process 4) listens on ::; HTTP.sys or a driver has it: the command lists the programs behind HTTP.sys.',
    );
  });

  test('a found block keeps out of the rows and below the dynamic range', async () => {
    const one = await worker();
    netshShows({ tcp: [[10_000, 49_000]], udp: [] });
    const dynamic = 'interface ipv4 show dynamicport protocol=tcp';
    netshSays(dynamic, '\r\nProtocol tcp\r\n---\r\nStart Port      : 49100\r\nNumber of Ports : 16384\r\n\r\n');
    const { range } = only(await one.request('reservation/create', { protocol: 'tcp', numberOfPorts: 7 }));
    expect(range.startPort).toBeGreaterThan(49_000);
    expect(range.startPort + 6).toBeLessThan(49_100);
  });

  test('a range over an exclusion is refused as that, and named', async () => {
    const start = await machine().block(6);
    netshShows({ tcp: [[start + 2, start + 3, '*']], udp: [] });
    const env = { LAB_NETSH: windowsPath(folder()) };
    const faults = { CreatePersistentTcpPortReservation: 32 };
    const one = await machine().worker({ elevated: true, env, faults });
    const params = { protocol: 'tcp', startPort: start, numberOfPorts: 6, lifetime: 'persistent' } as const;
    const refusal = await one.refusal('reservation/create', params);
    expect(refusal).toMatchObject({
      name: 'RangeExcluded',
      code: 11,
      osCode: '32',
      target: `tcp ${start}-${start + 5}`,
    });
    expect(refusal.message).toContain(`tcp ${start + 2}-${start + 3}`);
  });

  test('a range over a reservation of another program names that one', async () => {
    const program = await machine().caller({ elevated: true });
    const start = await machine().block(6);
    await program.call('create', 'udp', start + 3, 3);
    netshShows({ tcp: [], udp: [[start + 3, start + 5]] });
    const params = { protocol: 'udp', startPort: start, numberOfPorts: 4, lifetime: 'persistent' } as const;
    const refusal = await (await worker()).refusal('reservation/create', params);
    expect(refusal).toMatchObject({ name: 'RangeReserved', osCode: '32' });
    expect(refusal.message).toContain(`udp ${start + 3}-${start + 5}`);
    rmSync(folder(), { recursive: true });
    expect(await (await worker()).refusal('reservation/create', params)).toMatchObject({
      name: 'RangeReserved',
      port: start + 3,
    });
  });
});
