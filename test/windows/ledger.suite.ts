import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { only } from '../support/only.ts';
import { expectFree } from './support/ports.ts';
import { runtimeNames, runtimeOf, runtimeText } from './support/records.ts';
import { eachMachine, testWith, type Windows, type WindowsMachine } from './support/windows.ts';
import type { WindowsProcess } from './support/worker.ts';

const FILE_SHARE_READ = 1;
const ALL_SHARED = 7;

/** A process that opens a file of the user's ledger with CreateFileW, locks the ledger's byte if asked to, and waits. */
async function opener(machine: WindowsMachine, file: string[], share: number, lock = false): Promise<WindowsProcess> {
  const process = await machine.script(`
    const { createRequire } = await import('node:module');
    const koffi = createRequire(import.meta.url)(process.env.LAB_KOFFI);
    const kernel32 = koffi.load('kernel32.dll');
    const open = kernel32.func('intptr_t CreateFileW(str16, uint32_t, uint32_t, void*, uint32_t, uint32_t, void*)');
    const file = ${JSON.stringify(machine.path(machine.home(), ...file))};
    const handle = open(file, ${lock ? '0xC0000000' : '0x80000000'}, ${share}, null, 4, 0, null);
    const overlapped = Buffer.alloc(32);
    overlapped.writeUInt32LE(0x7fffffff, 20); // OffsetHigh
    const flags = 3; // exclusive, at once
    const lockFile = kernel32.func('int LockFileEx(intptr_t, uint32_t, uint32_t, uint32_t, uint32_t, void*)');
    const done = handle !== -1 && (${!lock} || lockFile(handle, flags, 0, 1, 0, overlapped) !== 0);
    process.stdout.write(done ? 'ready' : 'failed');
    process.stdin.resume().on('end', () => process.exit());`);
  const first = (await process.stdout.setEncoding('utf8')[Symbol.asyncIterator]().next()).value;
  expect(first).toBe('ready');
  return process;
}

/** The ledger on Windows' own files, locks and processes. */
export function ledgerSuite(windows: Windows): void {
  describe('the ledger', () => {
    const machine = eachMachine(windows);
    const own = () => machine().ledgerFile();

    test('a lock that another process has is waited for, and free the moment its holder is killed', async () => {
      const worker = await machine().worker();
      const start = await machine().block(4);
      const create = (startPort: number) =>
        worker.request('reservation/create', { protocol: 'udp', startPort, numberOfPorts: 2 });
      await create(start);
      const before = runtimeText(own());
      const holder = await opener(machine(), ['ledger.lock'], ALL_SHARED, true);
      let settled = false;
      const waiting = create(start + 2).finally(() => {
        settled = true;
      });
      await worker.request('reservation/list', {}); // the other request waits, and nothing else does
      expect([settled, runtimeText(own())]).toEqual([false, before]);
      await holder.kill();
      expect(only(await waiting)).toMatchObject({ range: { startPort: start + 2 } });
    });

    test('a worker that is killed inside a change leaves no lock', async () => {
      const [worker, other] = [await machine().worker(), await machine().worker()];
      const start = await machine().block(4);
      const create = (startPort: number) => ({ protocol: 'tcp', startPort, numberOfPorts: 2 }) as const;
      const inside = new Promise<void>((resolve) => {
        worker.serve('holder/acquire', () => {
          resolve();
          return new Promise(() => {}); // never answered: the worker stays in its change
        });
      });
      await worker.request('initialize', { protocolVersion: 1, capabilities: { holder: true } });
      const lost = worker.request('reservation/create', create(start)).catch((error: Error) => error);
      await inside;
      const waiting = other.request('reservation/create', create(start + 2));
      await worker.kill();
      expect(await lost).toBeInstanceOf(Error);
      expect(only(await waiting)).toMatchObject({ range: { startPort: start + 2 } });
    });

    test('readers and writers at the same time meet whole files only', async () => {
      const [worker, reader] = [await machine().worker(), await machine().worker()];
      const start = await machine().block(20);
      let written = false;
      const reading = (async () => {
        const seen: number[] = [];
        while (!written) seen.push((await reader.request('reservation/list', { protocol: 'udp' })).reservations.length);
        return seen;
      })();
      try {
        for (let startPort = start; startPort < start + 20; startPort++)
          await worker.request('reservation/create', { protocol: 'udp', startPort });
      } finally {
        written = true;
      }
      const seen = await reading;
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    });

    test('a reader that has the file open is waited for', async () => {
      const worker = await machine().worker();
      const start = await machine().block(4);
      const create = (startPort: number) =>
        worker.request('reservation/create', { protocol: 'tcp', startPort, numberOfPorts: 2 });
      await create(start);
      const reader = await opener(machine(), ['runtime', runtimeNames(own())[0]!], ALL_SHARED);
      const waiting = create(start + 2);
      reader.stdin.end();
      expect(only(await waiting)).toMatchObject({ range: { startPort: start + 2 } });
      expect(JSON.parse(runtimeText(own())).reservations).toHaveLength(2);
    });

    test('a program that lets nobody replace the file makes create fail, with nothing changed', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const start = await machine().block(4);
      const create = (startPort: number) => ({ protocol: 'tcp', startPort, numberOfPorts: 2 }) as const;
      await worker.request('reservation/create', create(start));
      const before = runtimeText(own());
      const scanner = await opener(machine(), ['runtime', runtimeNames(own())[0]!], FILE_SHARE_READ);
      const refusal = await worker.refusal('reservation/create', create(start + 2));
      expect(refusal).toMatchObject({ target: expect.stringContaining('.json') });
      expect(['OsError', 'AccessDenied']).toContain(refusal.name);
      expect(runtimeText(own())).toBe(before);
      await expectFree(program, 'tcp', start + 2, 2);
      scanner.stdin.end();
      await scanner.ended;
      expect(only(await worker.request('reservation/create', create(start + 2)))).toMatchObject({ protocol: 'tcp' });
      expect(readdirSync(runtimeOf(own())).filter((name) => name.endsWith('.new'))).toEqual([]);
    });
  });

  describe('the homes of the ledger', () => {
    const machine = eachMachine(windows);

    testWith(windows, 'both rights')(
      'an elevated process writes the system ledger, an ordinary one its user’s',
      async () => {
        const [admin, user] = [await machine().worker({ elevated: true }), await machine().worker({ elevated: false })];
        const [systems, own] = [machine().ledgerFile(true), machine().ledgerFile(false)];
        const start = await machine().block(6);
        const create = (startPort: number, name: string) => ({ protocol: 'tcp', startPort, name }) as const;
        await admin.request('reservation/create', { ...create(start, 'kept'), lifetime: 'persistent' });
        await admin.request('reservation/create', create(start + 1, 'held'));
        expect([existsSync(systems), existsSync(runtimeOf(own))]).toEqual([true, false]);
        await user.request('reservation/create', create(start + 2, 'mine'));
        expect(runtimeText(own)).toContain('"mine"');
        expect(readFileSync(systems, 'utf8') + runtimeText(systems)).not.toContain('"mine"');
        const names = async (worker: typeof user) =>
          (await worker.request('reservation/list', {})).reservations.map(({ name }) => name);
        expect(await names(user)).toEqual(['kept', 'held', 'mine']);
        expect(await names(admin)).toEqual(['kept', 'held']);
        const held = { protocol: 'tcp', range: { startPort: start + 1, numberOfPorts: 1 } } as const;
        expect(await user.refusal('reservation/release', held)).toMatchObject({ name: 'AccessDenied' });
      },
    );

    test('PORT_RESERVATION_HOME is the only one', async () => {
      const env = { PORT_RESERVATION_HOME: machine().path('chosen', 'home') };
      const [worker, same, other] = [
        await machine().worker({ env }),
        await machine().worker({ env }),
        await machine().worker(),
      ];
      await worker.request('reservation/create', {
        protocol: 'udp',
        startPort: await machine().block(2),
        name: 'here',
      });
      const found = async (one: typeof worker) =>
        (await one.request('reservation/list', { name: 'here' })).reservations.length;
      expect([await found(same), await found(other)]).toEqual([1, 0]);
      expect(existsSync(join(machine().folder, 'chosen', 'home', 'runtime'))).toBe(true);
    });
  });
}
