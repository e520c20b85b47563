import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisHost } from '../../src/host.ts';
import { bindFlock } from '../../src/native/posix/flock.ts';
import { openService } from '../../src/open-service.ts';
import { portSockets } from '../../src/providers/sockets/port-sockets.ts';
import { besideBusyLoops, crowd, reserving, rewriting } from '../crowd.ts';
import { type Case, median, paired, timed } from '../measure.ts';
import { environment } from '../support.ts';

const host = { ...thisHost(), env: environment() };

const atOnce: Case = {
  name: '16 processes x 10 ports at once',
  async run() {
    const [ours, floors] = [[] as number[], [] as number[]];
    for (let round = 0; round < 5; round++) {
      ours.push((await crowd(reserving, 16, 10)).time);
      floors.push((await crowd(rewriting, 16, 10)).time);
    }
    const ratio = median(ours.map((time, index) => time / floors[index]!));
    return [
      { name: this.name, ratio, milliseconds: median(ours), floor: '160 locked rewrites of a file by 16', aim: '<= 2' },
    ];
  },
};

const many: Case = {
  name: '64 processes x 30 ports',
  async run() {
    const quiet = await crowd(reserving, 64, 30);
    const loaded = await besideBusyLoops(32, () => crowd(reserving, 64, 30));
    return [
      { name: `${this.name}: ${quiet.failed} failed`, milliseconds: quiet.time, aim: '0 failed' },
      { name: `the same beside 32 busy loops: ${loaded.failed} failed`, milliseconds: loaded.time, aim: '0 failed' },
    ];
  },
};

/** The least a runtime reservation costs and its release: lock, bind, write, rename, unlock; and that without the bind. */
const alone: Case = {
  name: 'create+release of a runtime reservation',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-floor-'));
    const service = await openService({ host });
    const [sockets, tryLock] = [await portSockets(), await bindFlock()];
    const text = JSON.stringify({ name: 'a record'.repeat(40) });
    const locked = (work: () => void) => {
      const lock = openSync(join(folder, 'lock'), 'a');
      if (!tryLock(lock)) throw new Error('nobody else locks this file');
      work();
      const file = openSync(join(folder, 'data.new'), 'w', 0o600);
      writeSync(file, text);
      closeSync(file);
      renameSync(join(folder, 'data.new'), join(folder, 'data'));
      closeSync(lock);
    };
    const floor = (count: number) => () => {
      const held: number[] = [];
      locked(() => {
        for (let port = 0; port < count; port++) held.push(sockets.hold('tcp', 61_100 + port));
      });
      locked(() => {
        for (const socket of held) sockets.close(socket);
      });
    };
    const cycle = (numberOfPorts: number) => async () => {
      const made: unknown = await service.create({ protocol: 'tcp', numberOfPorts });
      const { reservations } = made as { reservations?: { token: string }[] };
      const { token } = reservations?.[0] ?? (made as { token: string });
      await service.release({ token });
    };
    const results = [];
    for (const [count, aim] of [
      [1, '<= 2'],
      [100, '<= 1.5'],
    ] as const) {
      const measured = await paired(200, cycle(count), floor(count));
      const what = 'lock, binds, write, rename, unlock, and the same without binds';
      results.push({ name: `create+release of ${count}, runtime`, ...measured, floor: what, aim });
    }
    // By then all of Node's own pools are as large as they get.
    for (let pair = 0; pair < 5000; pair++) await cycle(1)();
    const before = process.memoryUsage().rss;
    const taken = await timed(async () => {
      for (let pair = 0; pair < 20_000; pair++) await cycle(1)();
    });
    const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
    results.push({ name: `20,000 pairs: ${grown} MiB more`, milliseconds: taken, aim: 'flat' });
    await service.close();
    rmSync(folder, { recursive: true });
    return results;
  },
};

const record = (index: number) => ({
  protocol: 'tcp',
  range: { startPort: 20_000 + index, numberOfPorts: 1 },
  token: `${index + 1}`,
  lifetime: 'persistent',
  enforcement: 'ledger',
  provider: 'ledger',
  name: `service-${index}`,
  owner: { user: 'bench' },
  createdAt: '2026-01-02T03:04:05.678Z',
});

const byRecords: Case = {
  name: 'by records in the ledger',
  async run() {
    const file = join(host.env.PORT_RESERVATION_HOME!, 'ledger.json');
    const services = await Promise.all([
      openService({ host, provider: 'ledger' }),
      openService({ host, provider: 'ledger' }),
    ]);
    // The same number of a few records, and of many: two homes, so that each keeps what it has read.
    const home = mkdtempSync(join(tmpdir(), 'port-reservation-records-'));
    const few = await openService({ host: { ...host, env: { PORT_RESERVATION_HOME: home } }, provider: 'ledger' });
    const write = (path: string, count: number) =>
      writeFileSync(
        path,
        JSON.stringify({ version: 1, reservations: Array.from({ length: count }, (_, index) => record(index)) }),
        { mode: 0o600 },
      );
    write(join(home, 'ledger.json'), 10);
    write(file, 10_000);
    readFileSync(file);
    const [many] = services;
    const results = [];
    const works = {
      lookup: (service: typeof few) =>
        service.lookup({ protocol: 'tcp', range: { startPort: 20_005, numberOfPorts: 1 } }),
      'list by name': (service: typeof few) => service.list({ name: ['service-5'] } as never),
      create: async (service: typeof few) => {
        await service.create({ protocol: 'tcp', numberOfPorts: 1, within: { startPort: 11_000, numberOfPorts: 5000 } });
      },
    };
    for (const [name, work] of Object.entries(works)) {
      const measured = await paired(
        100,
        () => work(many),
        () => work(few),
      );
      results.push({ name: `${name}, 10,000 records`, ...measured, floor: 'the same of 10', aim: '<= 2' });
    }
    for (const service of [...services, few]) await service.close();
    rmSync(file);
    rmSync(home, { recursive: true });
    return results;
  },
};

export const runtimeCases: Case[] = [atOnce, many, alone, byRecords];
