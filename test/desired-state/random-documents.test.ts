import { describe, expect, onTestFinished, test } from 'vitest';
import { applyDesiredState } from '../../src/desired-state/apply.ts';
import { openService } from '../../src/open-service.ts';
import type { DesiredReservation } from '../../src/protocol/generated/contract.ts';
import type { PortService } from '../../src/service/port-service.ts';
import { openServiceLab } from '../kernel/exclusions/support/service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import { ownHost } from '../support/own-host.ts';
import { type OpenSocket, openSocket } from '../support/sockets.ts';
import { applyRandomly } from './support/random-documents.ts';

const seeds = Array.from({ length: 12 }, (_, seed) => seed);

const arenaOf = (service: PortService) => ({
  first: 23_000,
  apply: (reservations: DesiredReservation[]) =>
    applyDesiredState(service, { text: JSON.stringify({ name: 'shop', reservations }), format: 'json', prune: true }),
  reservations: async () => (await service.list()).reservations,
});

describe('random documents lose nothing that is still desired', () => {
  useOwnNetwork();

  test('by the record alone', async () => {
    let failures = 0;
    for (const seed of seeds) {
      const service = await openService({ provider: 'ledger', host: ownHost() });
      onTestFinished(() => service.close());
      const servers: OpenSocket[] = [];
      const listen = async (protocol: 'tcp' | 'udp', port: number) =>
        servers.push(await openSocket(protocol, port, '127.0.0.1'));
      const stop = () => Promise.all(servers.splice(0).map((socket) => socket.close()));
      failures += await applyRandomly({ ...arenaOf(service), listen, stop }, seed, 12);
    }
    expect(failures).toBeGreaterThan(seeds.length);
  });
});

test.skipIf(noNamespaces)(
  namespaceTitle('random documents lose nothing that is still desired on the real kernel'),
  async () => {
    let failures = 0;
    for (const seed of seeds.slice(0, 4)) {
      const { service, openSocket: open, closeSockets: stop } = await openServiceLab();
      const listen = (protocol: 'tcp' | 'udp', port: number) => open(protocol, port, '127.0.0.1');
      failures += await applyRandomly({ ...arenaOf(service), listen, stop }, seed, 10);
    }
    expect(failures).toBeGreaterThan(4);
  },
);
