import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisHost } from '../../src/host.ts';
import { bindFlock } from '../../src/native/posix/flock.ts';
import { openService } from '../../src/open-service.ts';
import type { PortRange, Reservation } from '../../src/protocol/generated/contract.ts';
import { PortSet } from '../../src/protocol/port-set.ts';
import { selectProvider } from '../../src/providers/select.ts';
import { claimFreeRange, portsToAvoid } from '../../src/service/ports/choose.ts';
import { type Case, paired } from '../measure.ts';
import { environment, scatteredListeners } from '../support.ts';

const host = { ...thisHost(), env: environment() };

/** The least a durable change costs: lock, read, write, fsync, rename, fsync of the folder. */
export async function durableFloor(folder: string): Promise<void> {
  const lock = openSync(join(folder, 'lock'), 'a');
  if (!(await bindFlock())(lock)) throw new Error('nobody else locks this file');
  const text = readFileSync(join(folder, 'data'), 'utf8');
  const file = openSync(join(folder, 'data.new'), 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(join(folder, 'data.new'), join(folder, 'data'));
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
  closeSync(lock);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-floor-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const persistent: Case = {
  name: 'durable persistent create, ledger provider',
  run: () =>
    inFolder(async (folder) => {
      const service = await openService({ host, provider: 'ledger' });
      const range = { startPort: 30_001, numberOfPorts: 1 };
      const create = () => service.create({ protocol: 'tcp', ...range, lifetime: 'persistent' });
      const release = () => service.release({ protocol: 'tcp', range });
      await create();
      writeFileOf(folder, readFileSync(join(host.env.PORT_RESERVATION_HOME!, 'ledger.json')));
      await release();
      const measured = await paired(100, create, () => durableFloor(folder), release);
      await service.close();
      return [{ name: persistent.name, ...measured, floor: 'lock+read+write+fsync+rename+fsync', aim: '<= 1.5' }];
    }),
};

function writeFileOf(folder: string, data: Buffer): void {
  const file = openSync(join(folder, 'data'), 'w');
  writeSync(file, data);
  closeSync(file);
}

const findBlock: Case = {
  name: 'find a free block of 100 among 600 listeners',
  async run() {
    // Every 33rd port from 10000 to 29800 is taken: no hole of 100 there, only from 29801 on.
    const servers = await scatteredListeners(600, 10_000, 33);
    const provider = await selectProvider('linux', host);
    const window = { startPort: 10_000, numberOfPorts: 22_000 };
    const found: Reservation[] = [];
    const find = async () => {
      const avoid = portsToAvoid(await provider.survey('tcp', true), [], { numberOfPorts: 100, isChosenHere: true });
      const claim = (range: PortRange) => provider.claim({ protocol: 'tcp', range, lifetime: 'runtime' });
      const { range } = await claimFreeRange({ protocols: ['tcp'], numberOfPorts: 100, window }, { avoid }, claim);
      found.push({ protocol: 'tcp', range, lifetime: 'runtime' } as Reservation);
    };
    const floor = () => {
      for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) readFileSync(`/proc/net/${table}`);
    };
    const release = () => provider.release(found.at(-1)!);
    const measured = await paired(20, find, floor, release);
    provider.close();
    const ports = PortSet.of(
      servers.map((server) => ({ startPort: (server.address() as AddressInfo).port, numberOfPorts: 1 })),
    );
    const wrong = found.find(({ range }) => ports.firstIn(range) !== undefined);
    if (wrong) throw new Error(`found a block with a listener in it: ${wrong.range.startPort}`);
    for (const server of servers) server.close();
    return [{ name: findBlock.name, ...measured, floor: 'one read of /proc/net/{tcp,udp}{,6}', aim: '<= 1.5' }];
  },
};

export const serviceCases: Case[] = [findBlock, persistent];
