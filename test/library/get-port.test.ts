import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  clearLockedPorts,
  type GetPortOptions,
  getPort,
  openService,
  portNumbers,
  type Reservation,
} from '../../src/index.ts';
import { bundledProgram } from '../support/bundled-program.ts';
import { ownHost } from '../support/own-host.ts';
import { addresses, openSocket, tryBind } from '../support/sockets.ts';

const isLinux = process.platform === 'linux';

let host: ReturnType<typeof ownHost>;
beforeEach(() => {
  host = ownHost();
  return clearLockedPorts();
});
afterAll(() => clearLockedPorts());

const port = (options?: GetPortOptions) => getPort(options, { host });

/** So many free ports in a row. */
async function freePorts(numberOfPorts: number): Promise<number[]> {
  const service = await openService({ host });
  const [{ range }] = (await service.create({ protocol: 'tcp', numberOfPorts })).reservations as [Reservation];
  await service.release({ protocol: 'tcp', range });
  await service.close();
  return Array.from({ length: numberOfPorts }, (_, index) => range.startPort + index);
}

const occupy = async (taken: number, address = '::') => {
  const socket = await openSocket('tcp', taken, address);
  onTestFinished(() => socket.close());
};

describe('getPort', () => {
  test('gives a port that a server can listen on, as on any', async () => {
    const given = await port();
    expect(given).toBeGreaterThanOrEqual(1024);
    for (const address of addresses) expect(await tryBind('tcp', given, address), address).toBe('bound');
  });

  test('never gives one twice, to one after the other or at once', async () => {
    const given = [await port(), await port(), ...(await Promise.all(Array.from({ length: 30 }, () => port())))];
    expect(new Set(given).size).toBe(32);
  });

  test.skipIf(!isLinux)('keeps it from whoever binds it without an option, and says so in the record', async () => {
    const given = await port();
    const service = await openService({ host });
    expect((await service.list()).reservations).toMatchObject([
      { range: { startPort: given, numberOfPorts: 1 }, enforcement: 'ephemeralOnly' },
    ]);
    await expect(service.create({ protocol: 'tcp', startPort: given })).rejects.toMatchObject({
      errorName: 'RangeReserved',
    });
    const [status] = (await service.inspect({ protocol: ['tcp'], ranges: [{ startPort: given, numberOfPorts: 1 }] }))
      .ports;
    expect(status!.canBind).toBe(false);
  });

  test('port: a number that is free is given, else another', async () => {
    const [wanted] = (await freePorts(1)) as [number];
    expect(await port({ port: wanted })).toBe(wanted);
    const other = await port({ port: wanted });
    expect(other).not.toBe(wanted);
    expect(await tryBind('tcp', other, '::')).toBe('bound');
  });

  test.skipIf(!isLinux)('port: one is given that has only connections left which are closing', async () => {
    const [wanted] = (await freePorts(1)) as [number];
    const server = createServer((socket) => void socket.end()).listen(wanted);
    await once(server, 'listening');
    // The server closes first, so TIME_WAIT is on its port.
    await once(connect(wanted, '127.0.0.1').resume(), 'close');
    server.close();
    await once(server, 'close');
    expect(await port({ port: wanted })).toBe(wanted);
    expect(await tryBind('tcp', wanted, '::')).toBe('bound');
  });

  test.each(['::', '0.0.0.0', '127.0.0.1', '::1'])(
    'port: one that a server has on %s is passed over',
    async (address) => {
      const [wanted] = (await freePorts(1)) as [number];
      await occupy(wanted, address);
      expect(await port({ port: wanted })).not.toBe(wanted);
    },
  );

  test('port: 0 and an empty list are any port', async () => {
    expect(await port({ port: 0 })).toBeGreaterThanOrEqual(1024);
    expect(await port({ port: [] })).toBeGreaterThanOrEqual(1024);
  });

  test('port: a list is tried in its order', async () => {
    const [a, b, c] = (await freePorts(3)) as [number, number, number];
    await occupy(c);
    expect(await port({ port: [c, b, a] })).toBe(b);
    expect(await port({ port: new Set([c, b, a]) })).toBe(a);
    expect([a, b, c]).not.toContain(await port({ port: [c, b, a] }));
  });

  test('port: portNumbers gives the first of a range that can be had', async () => {
    const [a, b, c] = (await freePorts(3)) as [number, number, number];
    await occupy(a);
    expect(await port({ port: portNumbers(a, c) })).toBe(b);
    expect(await port({ port: portNumbers(a, c) })).toBe(c);
  });

  test('exclude: is not given, wanted or found', async () => {
    const [a, b] = (await freePorts(2)) as [number, number];
    expect(await port({ port: [a, b], exclude: [a] })).toBe(b);
    const all = new Set(portNumbers(1024, 65_535));
    for (const one of [a, 40_000]) all.delete(one);
    expect([a, 40_000]).toContain(await port({ exclude: all }));
    const none = await port({ exclude: portNumbers(1024, 65_535) }).catch((error) => error);
    expect(none).toMatchObject({ errorName: 'NoFreeRange' });
  });

  test('exclude: what was found and is excluded is not kept', async () => {
    const service = await openService({ host });
    const [only] = (await freePorts(1)) as [number];
    const all = new Set(portNumbers(1024, 65_535));
    all.delete(only);
    expect(await port({ exclude: all })).toBe(only);
    expect((await service.list()).reservations).toHaveLength(1);
  });

  test.skipIf(!isLinux)('host: a port must be free on that address alone', async () => {
    const [wanted] = (await freePorts(1)) as [number];
    await occupy(wanted, '127.0.0.2');
    expect(await port({ port: wanted, host: '127.0.0.1' })).toBe(wanted);
    expect(await tryBind('tcp', wanted, '127.0.0.1')).toBe('bound');
    expect(await port({ port: wanted, host: '127.0.0.1' })).not.toBe(wanted);
    expect(await port({ port: wanted, host: '127.0.0.2' })).not.toBe(wanted);
    await clearLockedPorts();
    expect(await port({ port: wanted, host: 'localhost' })).toBe(wanted);
  });

  test('host: one that is not of this machine is refused as a server would be', async () => {
    await expect(port({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  test('reserve: is what always is', async () => {
    const given = await port({ reserve: true });
    expect(await port({ port: given })).not.toBe(given);
  });

  test.each<[object, string]>([
    [{ port: 70_000 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ port: '3000' }, 'port'],
    [{ port: [3000, -1] }, 'port'],
    [{ exclude: 3000 }, 'exclude'],
    [{ exclude: ['3000'] }, 'exclude'],
    [{ host: '' }, 'host'],
    [{ colour: 'red' }, 'colour'],
  ])('names the field of what cannot be: %o', async (options, field) => {
    const refused = await port(options as GetPortOptions).catch((error) => error);
    expect(refused.errors).toMatchObject([{ field }]);
  });
});

describe('clearLockedPorts', () => {
  test('lets the next call have the same ports again', async () => {
    const [a, b] = (await freePorts(2)) as [number, number];
    expect([await port({ port: [a, b] }), await port({ port: [a, b] })]).toEqual([a, b]);
    clearLockedPorts(); // as get-port's, which gives nothing to wait for
    expect(await port({ port: [a, b] })).toBe(a);
  });

  test('frees them for others too, and may be called at any time', async () => {
    const given = port();
    await clearLockedPorts();
    await clearLockedPorts();
    const service = await openService({ host });
    expect((await service.list()).reservations).toEqual([]);
    expect(await given).toBeGreaterThan(0);
  });
});

describe('portNumbers', () => {
  test('is the range in order', () => {
    expect([...portNumbers(3000, 3003)]).toEqual([3000, 3001, 3002, 3003]);
    expect([...portNumbers(1024, 1024)]).toEqual([1024]);
    expect([...portNumbers(65_535, 65_535)]).toEqual([65_535]);
  });

  test.each<[unknown, unknown, typeof TypeError | typeof RangeError]>([
    ['a', 3000, TypeError],
    [3000, undefined, TypeError],
    [3000.5, 4000, TypeError],
    [1023, 3000, RangeError],
    [3000, 65_536, RangeError],
    [3001, 3000, RangeError],
  ])('refuses %s to %s', (from, to, kind) => {
    expect(() => portNumbers(from as number, to as number)).toThrow(kind);
  });
});

describe('getPort of many at once', () => {
  const program = bundledProgram(join(import.meta.dirname, 'programs/get-ports.ts'));

  test('16 processes ask 10 times each: no port twice', async () => {
    const file = await program();
    const env = { ...process.env, ...host.env };
    // Each lives until all have their ports: one that has ended has none any more.
    const asking = Array.from({ length: 16 }, () => {
      const running = promisify(execFile)(process.execPath, [file, '10'], { env });
      return { running, ports: once(running.child.stdout!, 'data').then(([line]) => JSON.parse(String(line))) };
    });
    const given = (await Promise.all(asking.map(({ ports }) => ports))).flat();
    expect(given).toHaveLength(160);
    expect(new Set(given).size).toBe(160);
    for (const { running } of asking) running.child.stdin!.end();
    await Promise.all(asking.map(({ running }) => running));
  });

  test('8 worker threads of one process ask 10 times each: no port twice', async () => {
    const file = await program();
    const env = { ...process.env, ...host.env };
    const threads = Array.from({ length: 8 }, () => new Worker(file, { argv: ['10'], env, stdin: true }));
    const given = await Promise.all(threads.map((thread) => once(thread, 'message').then(([ports]) => ports)));
    expect(new Set(given.flat()).size).toBe(80);
    await Promise.all(threads.map((thread) => thread.terminate()));
  });
});
