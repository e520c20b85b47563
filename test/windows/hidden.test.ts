import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import type { Caller } from '../lab/caller.ts';
import { describeInLab } from '../lab/lab.ts';
import { only } from '../support/only.ts';
import { LabWindows } from './support/lab-windows.ts';
import { bindAll } from './support/ports.ts';
import { eachMachine } from './support/windows.ts';

useOwnNetwork();

// As WSL's mirrored networking keeps about 4,096 ports: no process has them, and no row of netsh shows them.
describeInLab('ports that Windows keeps without showing them', () => {
  const windows = new LabWindows('node22', { isApart: true });
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  const all = { startPort: 30_801, numberOfPorts: 1900 };
  const last = 32_700;
  const one = (startPort: number) => ({ startPort, numberOfPorts: 1 });
  let admin: Caller;
  beforeEach(async () => {
    admin = await machine().caller({ elevated: true });
  });
  const hide = async (code: number) => {
    for (const protocol of ['tcp', 'udp'])
      expect((await admin.call('hides', protocol, all.startPort, all.numberOfPorts, code)).code).toBe(0);
    expect(await bindAll(admin, 'tcp', all.startPort + 5, 2)).toEqual([code, code]);
  };

  test.each([10_048, 10_013])('are told from a bound socket, as far as they go (%i)', async (code) => {
    await hide(code);
    const worker = await machine().worker();
    const { ports } = await worker.request('port/inspect', {
      protocol: ['tcp'],
      ranges: [one(all.startPort - 1), one(all.startPort + 1000), one(last), one(last + 1)],
    });
    expect(ports.map(({ verdict }) => verdict)).toEqual(['free', 'excludedBySystem', 'excludedBySystem', 'free']);
    for (const { exclusion, explanation, remedy, canBind } of ports.slice(1, 3)) {
      expect(exclusion).toMatchObject({ range: all, source: 'binds', administered: false, own: false });
      expect(explanation).toMatch(
        new RegExp(`tcp 30801-32700 \\(${code}\\).*WSL.*mirrored.*wsl --shutdown.*networkingMode=nat.*ignoredPorts`),
      );
      expect(remedy).toMatchObject({ run: 'wsl --shutdown', stops: expect.any(String) });
      expect(canBind).toBe(false);
    }
  });

  test('are what Windows lists of them where it lets this user ask', async () => {
    await admin.call('hides', 'tcp', 31_001, 3, 10_048);
    const asked = { protocol: ['tcp' as const], ranges: [one(31_002)] };
    const ordinary = await (await machine().worker()).request('port/inspect', asked);
    expect(ordinary.ports[0]).toMatchObject({ verdict: 'boundNotListening' });
    const worker = await machine().worker({ elevated: true });
    const { ports } = await worker.request('port/inspect', asked);
    expect(ports[0]).toMatchObject({
      verdict: 'excludedBySystem',
      exclusion: { source: 'guests', range: { startPort: 31_001, numberOfPorts: 3 } },
    });
    expect(ports[0]!.explanation).toContain('for a guest, which netsh does not show');
    const { exclusions, warnings } = await worker.request('exclusion/list', { port: 31_003 });
    expect([exclusions, warnings]).toEqual([
      [expect.objectContaining({ protocol: 'tcp', source: 'guests', store: 'active' })],
      undefined,
    ]);
    for (const fault of ['computenetwork.dll', 'HcnEnumerateGuestNetworkPortReservations']) {
      const without = await machine().worker({ elevated: true, faults: { [fault]: 5 } });
      expect(await without.request('exclusion/list', { protocol: 'tcp' })).toEqual({ exclusions: [] });
    }
  });

  test('a bound socket without a listener is still one', async () => {
    const start = await machine().block(3);
    await admin.call('bind', await admin.call('socket', 'tcp', 23), start + 1);
    const { ports } = await (await machine().worker()).request('port/inspect', {
      protocol: ['tcp'],
      ranges: [one(start + 1)],
    });
    expect(ports[0]).toMatchObject({ verdict: 'boundNotListening' });
  });

  test.each([10_048, 10_013])('no exclusion of them is reported that opens nothing (%i)', async (code) => {
    await hide(code);
    const worker = await machine().worker({ elevated: true });
    for (const whatIf of [true, false]) {
      const refusal = await worker.refusal('exclusion/add', { protocol: 'tcp', range: one(31_000), whatIf });
      expect(refusal).toMatchObject({
        name: 'RangeReserved',
        port: 31_000,
        hint: expect.stringContaining('wsl --shutdown'),
      });
      expect(refusal.message).toContain('tcp 30801-32700');
    }
    const { output } = await admin.call('netsh', 'int', 'ipv4', 'show', 'excludedportrange', 'tcp');
    expect(output).not.toMatch(/31000/);
    const { exclusions } = await worker.request('exclusion/list', { protocol: 'tcp' });
    expect(exclusions.filter(({ own }) => own)).toEqual([]);
    expect(only(await worker.request('exclusion/add', { protocol: 'tcp', range: one(last + 1) }))).toMatchObject({
      own: true,
    });
  });

  test.each([10_048, 10_013])('a reservation of one says so, and a search jumps over them (%i)', async (code) => {
    await hide(code);
    const log = join(machine().folder, 'netsh.log');
    const env = { LAB_NETSH_LOG: machine().path('netsh.log') };
    const [worker, ordinary] = [await machine().worker({ elevated: true }), await machine().worker({ env })];
    for (const lifetime of ['runtime', 'persistent'] as const) {
      const refusal = await worker.refusal('reservation/create', { protocol: 'tcp', startPort: 32_000, lifetime });
      expect(refusal).toMatchObject({
        name: 'RangeReserved',
        port: 32_000,
        hint: expect.stringContaining('wsl --shutdown'),
      });
    }
    // All but the last two of these are hidden.
    const acquires = await admin.call('acquireCalls');
    const within = { startPort: all.startPort + 80, numberOfPorts: 1822 };
    const { reservations } = await ordinary.request('reservation/create', {
      protocol: ['tcp', 'udp'],
      within,
      numberOfPorts: 2,
    });
    expect(reservations.map(({ range }) => range.startPort)).toEqual([last + 1, last + 1]);
    // One for each protocol, and those of the ranges that were refused.
    expect((await admin.call('acquireCalls')) - acquires).toBeLessThan(12);
    const reads = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    expect(new Set(reads).size, reads.join('\n')).toBe(reads.length);
    // One for each protocol; started at once, they may write over each other's line.
    const tables = reads.filter((line) => line.includes('excludedportrange')).length;
    expect([1, 2]).toContain(tables);
    const found = await ordinary.request('port/find', {
      protocol: 'udp',
      within: { ...within, numberOfPorts: 1824 },
      numberOfPorts: 2,
    });
    expect(found.ranges).toEqual([{ startPort: last + 3, numberOfPorts: 2 }]);
    const none = await ordinary.refusal('reservation/create', {
      protocol: 'tcp',
      within: { ...within, numberOfPorts: 1700 },
    });
    expect(none).toMatchObject({ name: 'NoFreeRange', message: expect.stringContaining('tcp 30801-32700') });
  });

  test('a process that may bind nothing is told so, and no range is made of that', async () => {
    const faults = { bind: 10_013, SIO_ACQUIRE_PORT_RESERVATION: 10_013 };
    const worker = await machine().worker({ faults });
    const { ports } = await worker.request('port/inspect', {
      protocol: ['tcp'],
      ranges: [{ startPort: 20_000, numberOfPorts: 3 }],
    });
    for (const { verdict, explanation } of ports) {
      expect(verdict).toBe('refused');
      expect(explanation).toMatch(/Windows refuses it \(10013\).*policy/);
      expect(explanation).not.toMatch(/WSL|SELinux/);
    }
    const refusal = await worker.refusal('reservation/create', { protocol: 'tcp' });
    expect(refusal).toMatchObject({ name: 'AccessDenied', hint: expect.stringContaining('sandbox') });
  });
});
