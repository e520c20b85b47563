import { describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import type { Lifetime, PortRange, Protocol } from '../../src/protocol/generated/contract.ts';
import { PortSet } from '../../src/protocol/port-set.ts';
import type { Claim, Provider } from '../../src/providers/provider.ts';
import { selectProvider } from '../../src/providers/select.ts';
import { localMachine, type Machine, recordOf, refusal } from '../support/machine.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { addresses } from '../support/sockets.ts';

/** Where each provider is tried: persistent reservations that change the system only in a namespace. */
const places = [
  {
    title: 'ledger',
    open: async () => localMachine(await selectProvider('ledger', thisHost())),
    skip: process.platform === 'win32',
  },
  {
    title: namespaceTitle('ledger in a namespace'),
    open: async () => (await openNamespace()).start({ provider: 'ledger' }),
    skip: noNamespaces !== undefined,
  },
  {
    title: namespaceTitle('linux in a namespace'),
    open: async () => (await openNamespace()).start(),
    skip: noNamespaces !== undefined,
  },
];

async function open(place: (typeof places)[number]): Promise<Machine> {
  const machine = await place.open();
  onTestFinished(() => machine.close());
  return machine;
}

const count = 8;

/** A range without sockets below the dynamic range, another one each time. */
async function freeRange({ provider }: Machine, numberOfPorts = count): Promise<PortRange> {
  const taken = new PortSet();
  for (const protocol of ['tcp', 'udp'] as const) {
    const { inUse, excluded } = await provider.survey(protocol, true);
    taken.addAll(inUse);
    taken.addAll(excluded);
  }
  for (;;) {
    const range = { startPort: 10_000 + Math.floor(Math.random() * 20_000), numberOfPorts };
    if (taken.firstIn(range) === undefined) return range;
  }
}

const portsOf = ({ startPort, numberOfPorts }: PortRange) =>
  Array.from({ length: numberOfPorts }, (_, index) => startPort + index);

/** What an ordinary server gets on each port of the range and each address. */
async function answers(machine: Machine, protocol: Protocol, range: PortRange): Promise<Set<string>> {
  const found = new Set<string>();
  for (const port of portsOf(range)) {
    for (const address of addresses) found.add(await machine.tryBind(protocol, port, address));
  }
  return found;
}

const claimOf = (lifetime: Lifetime, protocol: Protocol, range: PortRange): Claim => ({ lifetime, protocol, range });

/** Claims and settles as the service does. */
async function reserve(provider: Provider, claim: Claim) {
  const token = await provider.claim(claim);
  const record = recordOf(provider, claim, token);
  if (claim.lifetime === 'persistent') await provider.settle([record]);
  return record;
}

describe.each(places)('$title', (place) => {
  const { skip } = place;

  describe.each(['tcp', 'udp'] as const)('%s', (protocol) => {
    test.skipIf(skip)('a runtime range is refused to others on every address until it is released', async () => {
      const machine = await open(place);
      const range = await freeRange(machine);
      const record = await reserve(machine.provider, claimOf('runtime', protocol, range));
      expect(await answers(machine, protocol, range)).toEqual(new Set(['EADDRINUSE']));
      await machine.provider.release(record);
      expect(await answers(machine, protocol, range)).toEqual(new Set(['bound']));
    });

    test.skipIf(skip)('a persistent range lets servers bind by number, before and after its release', async () => {
      const machine = await open(place);
      const range = await freeRange(machine);
      const record = await reserve(machine.provider, claimOf('persistent', protocol, range));
      expect(await answers(machine, protocol, range)).toEqual(new Set(['bound']));
      await machine.provider.release(record);
      expect(await answers(machine, protocol, range)).toEqual(new Set(['bound']));
    });

    const claims = (['runtime', 'persistent'] as const).flatMap((lifetime) =>
      addresses.map((address) => ({ lifetime, address })),
    );
    test.skipIf(skip).each(claims)(
      'a $lifetime claim on a port in use on $address takes nothing',
      async ({ lifetime, address }) => {
        const machine = await open(place);
        const range = await freeRange(machine);
        const port = range.startPort + count - 2;
        await machine.openSocket(protocol, port, address);
        const before = await machine.provider.survey(protocol, true);
        const { errorName, facts } = await refusal(machine.provider.claim(claimOf(lifetime, protocol, range)));
        expect({ errorName, port: facts.port, target: facts.target }).toEqual({
          errorName: 'PortInUse',
          port,
          target: `${protocol} ${port}`,
        });
        await machine.closeSockets();
        expect(await answers(machine, protocol, range)).toEqual(new Set(['bound']));
        const after = await machine.provider.survey(protocol, true);
        expect(after.excluded.ranges()).toEqual(before.excluded.ranges());
      },
    );

    test.skipIf(skip)('what holds the ports of a claim is not used by others', async () => {
      const machine = await open(place);
      const range = await freeRange(machine);
      await machine.provider.claim(claimOf('runtime', protocol, range));
      expect(await machine.provider.isUsedByOthers(protocol, range)).toBe(false);
    });

    const lifetimes = ['runtime', 'persistent'] as const;
    test.skipIf(skip).each(lifetimes)(
      'a %s range proves usable, at any port of it and at a given one',
      async (lifetime) => {
        const machine = await open(place);
        const range = await freeRange(machine);
        const record = await reserve(machine.provider, claimOf(lifetime, protocol, range));
        expect(await machine.provider.probe(record, range)).toBe(range.startPort);
        const last = { startPort: range.startPort + count - 1, numberOfPorts: 1 };
        expect(await machine.provider.probe(record, last)).toBe(last.startPort);
        expect(await answers(machine, protocol, range)).toEqual(
          new Set([lifetime === 'runtime' ? 'EADDRINUSE' : 'bound']),
        );
      },
    );

    test.skipIf(skip)('a probe finds the ports that are left, and says so when none is', async () => {
      const machine = await open(place);
      const range = await freeRange(machine, 2);
      const record = await reserve(machine.provider, claimOf('persistent', protocol, range));
      await machine.openSocket(protocol, range.startPort, '0.0.0.0');
      expect(await machine.provider.probe(record, range)).toBe(range.startPort + 1);
      await machine.openSocket(protocol, range.startPort + 1, '0.0.0.0');
      expect(await refusal(machine.provider.probe(record, range))).toMatchObject({ errorName: 'PortInUse' });
    });

    test.skipIf(skip)('what the process holds is refused to its own second claim', async () => {
      const machine = await open(place);
      const range = await freeRange(machine);
      await machine.provider.claim(claimOf('runtime', protocol, range));
      for (const lifetime of ['runtime', 'persistent'] as const) {
        const { errorName, facts } = await refusal(machine.provider.claim(claimOf(lifetime, protocol, range)));
        expect([errorName, facts.port]).toEqual(['PortInUse', range.startPort]);
      }
    });

    test.skipIf(skip)('the survey tells sockets when asked, and the dynamic range', async () => {
      const machine = await open(place);
      const range = await freeRange(machine, 1);
      await machine.openSocket(protocol, range.startPort, '127.0.0.1');
      const asked = await machine.provider.survey(protocol, true);
      const unasked = await machine.provider.survey(protocol, false);
      // Only Linux has tables that say it; elsewhere a claim finds out.
      const seen = process.platform === 'linux';
      expect([asked.inUse.has(range.startPort), unasked.inUse.has(range.startPort)]).toEqual([seen, false]);
      const [automatic] = await machine.automaticPorts(protocol, 1);
      expect(PortSet.of([asked.dynamicRange]).has(automatic!)).toBe(true);
      expect(unasked.dynamicRange).toEqual(asked.dynamicRange);
    });
  });

  describe.each(['runtime', 'persistent'] as const)('%s', (lifetime) => {
    test.skipIf(skip)('TCP and UDP are two worlds: the same numbers in both, released one at a time', async () => {
      const machine = await open(place);
      const { provider } = machine;
      const range = await freeRange(machine);
      const tcp = recordOf(
        provider,
        claimOf(lifetime, 'tcp', range),
        await provider.claim(claimOf(lifetime, 'tcp', range)),
      );
      if (lifetime === 'persistent') await provider.settle([tcp]);
      const udp = recordOf(
        provider,
        claimOf(lifetime, 'udp', range),
        await provider.claim(claimOf(lifetime, 'udp', range)),
      );
      if (lifetime === 'persistent') await provider.settle([tcp, udp]);
      const held = await answers(machine, 'udp', range);
      const { excluded } = await provider.survey('udp', false);
      await provider.release(tcp);
      expect(await answers(machine, 'tcp', range)).toEqual(new Set(['bound']));
      expect(await answers(machine, 'udp', range)).toEqual(held);
      expect((await provider.survey('udp', false)).excluded.ranges()).toEqual(excluded.ranges());
    });

    test.skipIf(skip)('tokens have 64 bits, none is 0 and none comes twice', async () => {
      const machine = await open(place);
      const range = await freeRange(machine, 40);
      const tokens: bigint[] = [];
      for (const startPort of portsOf(range)) {
        tokens.push(await machine.provider.claim(claimOf(lifetime, 'tcp', { startPort, numberOfPorts: 1 })));
      }
      expect(new Set(tokens).size).toBe(tokens.length);
      expect(tokens.every((token) => token > 0n && token < 2n ** 64n)).toBe(true);
      // Of 40 random ones all are below 2^60 once in 16^40 runs.
      expect(tokens.some((token) => token >= 2n ** 60n)).toBe(true);
    });

    test.skipIf(skip)('releasing twice, or what was never claimed, is no error', async () => {
      const machine = await open(place);
      const { provider } = machine;
      const range = await freeRange(machine);
      await provider.release(recordOf(provider, claimOf(lifetime, 'tcp', range)));
      const record = await reserve(provider, claimOf(lifetime, 'tcp', range));
      await provider.release(record);
      await provider.release(record);
      await reserve(provider, claimOf(lifetime, 'tcp', range));
    });

    test.skipIf(skip)('an aborted claim takes nothing', async () => {
      const machine = await open(place);
      const range = await freeRange(machine);
      const signal = AbortSignal.abort();
      await expect(machine.provider.claim({ ...claimOf(lifetime, 'tcp', range), signal })).rejects.toThrow('abort');
      expect(await answers(machine, 'tcp', range)).toEqual(new Set(['bound']));
    });
  });

  test.skipIf(skip)('settling twice, and with nothing, changes nothing', async () => {
    const machine = await open(place);
    const { provider } = machine;
    await provider.settle([]);
    const before = (await provider.survey('tcp', false)).excluded.ranges();
    const record = await reserve(provider, claimOf('persistent', 'tcp', await freeRange(machine)));
    const after = (await provider.survey('tcp', false)).excluded.ranges();
    await provider.settle([record]);
    await provider.settle([]);
    expect((await provider.survey('tcp', false)).excluded.ranges()).toEqual(after);
    await provider.release(record);
    expect((await provider.survey('tcp', false)).excluded.ranges()).toEqual(before);
  });

  test.skipIf(skip)('close frees what is held, and may be called twice', async () => {
    const machine = await open(place);
    const range = await freeRange(machine);
    await machine.provider.claim(claimOf('runtime', 'tcp', range));
    await machine.provider.claim(claimOf('runtime', 'udp', range));
    await machine.provider.close();
    await machine.provider.close();
    for (const protocol of ['tcp', 'udp'] as const) {
      expect(await answers(machine, protocol, range)).toEqual(new Set(['bound']));
    }
  });
});
