import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { startWorker } from '../../src/rpc/client/client.ts';
import { listen } from '../support/listen.ts';
import { only } from '../support/only.ts';
import { ownHome } from '../support/worker.ts';

const workers = 16;
const blocks = 10;

const portsOf = ({ protocol, range }: Reservation) =>
  Array.from({ length: range.numberOfPorts }, (_, index) => `${protocol} ${range.startPort + index}`);

test.each([
  ['runtime', 'auto'],
  ['persistent', 'ledger'],
] as const)(
  `${workers} workers at once make ${blocks} %s reservations each, of mixed sizes: no port twice, all recorded`,
  async (lifetime, provider) => {
    const env = ownHome(onTestFinished);
    const started = await Promise.all(Array.from({ length: workers }, () => startWorker({ env, provider })));
    try {
      const made = await Promise.all(
        started.map(async (worker, index) => {
          const own: Reservation[] = [];
          for (let block = 0; block < blocks; block++) {
            const numberOfPorts = 1 + ((index * 7 + block * 13) % 40);
            const protocol = block % 3 === 0 ? 'udp' : 'tcp';
            own.push(only(await worker.request('reservation/create', { protocol, numberOfPorts, lifetime })));
          }
          return own;
        }),
      );
      const ports = made.flat().flatMap(portsOf);
      expect(new Set(ports).size).toBe(ports.length);

      const { reservations } = await started[0]!.request('reservation/list', {});
      expect(new Set(reservations.map(({ token }) => token))).toEqual(new Set(made.flat().map(({ token }) => token)));
      expect(reservations).toHaveLength(workers * blocks);

      const tcp = made.map((own) => own.find(({ protocol }) => protocol === 'tcp')!);
      const answers = await Promise.all(tcp.map(({ range }) => listen(range.startPort)));
      expect(new Set(answers)).toEqual(new Set([lifetime === 'runtime' ? 'EADDRINUSE' : undefined]));
    } finally {
      await Promise.all(started.map((worker) => worker.close()));
    }
    const home = env.PORT_RESERVATION_HOME!;
    if (lifetime === 'runtime') expect(readdirSync(join(home, 'runtime'))).toEqual([]);
    else
      expect(JSON.parse(readFileSync(join(home, 'ledger.json'), 'utf8')).reservations).toHaveLength(workers * blocks);
  },
);
