import { mkdirSync, rmdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DesiredReservation, Protocol } from '../../src/protocol/generated/contract.ts';
import { formatPorts } from '../../src/protocol/ranges.ts';
import type { Caller } from '../lab/caller.ts';
import { describeInLab } from '../lab/lab.ts';
import type { Faults } from '../lab/run.ts';
import { LabWindows } from './support/lab-windows.ts';
import { eachMachine } from './support/windows.ts';
import type { WindowsWorker } from './support/worker.ts';

// Windows keeps one reservation a port: to change one, it has to be given back first.
describeInLab('what was reserved stays so', () => {
  const windows = new LabWindows('node20');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  const apply = async (worker: WindowsWorker, reservations: DesiredReservation[]) => {
    const text = JSON.stringify({ name: 'shop', reservations });
    const { changes, failed } = await worker.request('desiredState/apply', { text, format: 'json', prune: true });
    return { failed, errors: [...new Set(changes.flatMap(({ error }) => error?.name ?? []))] };
  };

  /** A machine with these reservations, and a worker that meets the faults. */
  async function after(reservations: DesiredReservation[], faults: Faults = {}) {
    const first = await machine().worker({ elevated: true });
    expect((await apply(first, reservations)).failed).toBe(0);
    await first.end();
    return {
      worker: await machine().worker({ elevated: true, faults }),
      program: await machine().caller({ elevated: true }),
    };
  }

  async function expectThere(worker: WindowsWorker, program: Caller, there: DesiredReservation[]) {
    for (const { protocol, startPort, numberOfPorts } of there) {
      for (const one of [protocol].flat()) {
        const found = await program.call('lookup', one, startPort, numberOfPorts!);
        expect(found, `${one} ${startPort}`).toMatchObject({ code: 0 });
      }
    }
    const { reservations } = await worker.request('reservation/list', {});
    const wanted = there.flatMap(({ protocol, startPort, numberOfPorts }) =>
      [protocol].flat().map((one) => formatPorts(one, { startPort, numberOfPorts: numberOfPorts! })),
    );
    expect(reservations.map(({ protocol, range }) => formatPorts(protocol, range)).sort()).toEqual(wanted.sort());
  }

  const listen = async (program: Caller, protocol: Protocol, port: number) => {
    const socket = await program.call('socket', protocol);
    await program.call('bind', socket, port);
    if (protocol === 'tcp') await program.call('listen', socket);
  };

  test('when it grows and the ledger cannot be written', async () => {
    const start = await machine().block(6);
    const block = { protocol: 'tcp', startPort: start, numberOfPorts: 3 } as const;
    const { worker, program } = await after([block]);
    const inTheWay = `${machine().ledgerFile(true)}.new`;
    mkdirSync(inTheWay);
    expect((await apply(worker, [{ ...block, numberOfPorts: 5 }])).failed).toBe(2);
    rmdirSync(inTheWay);
    await expectThere(worker, program, [block]);
  });

  test('when it grows in both protocols and a server has a port of one', async () => {
    const start = await machine().block(6);
    const block: DesiredReservation = { protocol: ['tcp', 'udp'], startPort: start, numberOfPorts: 3 };
    const { worker, program } = await after([block]);
    await listen(program, 'udp', start + 3);
    expect(await apply(worker, [{ ...block, numberOfPorts: 4 }])).toEqual({ failed: 4, errors: ['PortInUse'] });
    await expectThere(worker, program, [block]);
  });

  test('when it is split and a server has a port of the second part', async () => {
    const start = await machine().block(6);
    const block = { protocol: 'tcp', startPort: start, numberOfPorts: 4 } as const;
    const { worker, program } = await after([block]);
    await listen(program, 'tcp', start + 4);
    const parts = [
      { ...block, numberOfPorts: 2 },
      { ...block, startPort: start + 2, numberOfPorts: 3 },
    ];
    expect(await apply(worker, parts)).toEqual({ failed: 3, errors: ['PortInUse'] });
    await expectThere(worker, program, [block]);
  });

  test('when it grows and another, which was to go, cannot be deleted', async () => {
    const start = await machine().block(12);
    const block = { protocol: 'tcp', startPort: start, numberOfPorts: 3 } as const;
    const other = { protocol: 'udp', startPort: start + 8, numberOfPorts: 1 } as const;
    const { worker, program } = await after([block, other], { DeletePersistentUdpPortReservation: 31 });
    expect(await apply(worker, [{ ...block, numberOfPorts: 5 }])).toEqual({ failed: 3, errors: ['OsError'] });
    await expectThere(worker, program, [block, other]);
  });

  test('when nothing stands against it: split, joined, shrunk and moved by a port', async () => {
    const start = await machine().block(8);
    const at = (offset: number, numberOfPorts: number) =>
      ({ protocol: 'tcp', startPort: start + offset, numberOfPorts }) as const;
    const { worker, program } = await after([at(0, 4)]);
    for (const next of [[at(0, 2), at(2, 3)], [at(0, 5)], [at(1, 3)], [at(2, 3)], [at(1, 2), at(3, 2)]]) {
      expect(await apply(worker, next)).toEqual({ failed: 0, errors: [] });
      await expectThere(worker, program, next);
    }
  });
});
