import { describe, expect, test } from 'vitest';
import { useOwnNetwork } from './support/own-network.ts';
import { freeRange, openHeldPorts, portsOf } from './support/ports.ts';
import { type Attempt, addresses, lacking, nobody, tryBinds } from './support/python.ts';

useOwnNetwork();

const optionSets = [
  { how: 'without options', options: [], on: addresses },
  { how: 'with SO_REUSEADDR', options: ['SO_REUSEADDR'], on: addresses },
  { how: 'with IPV6_V6ONLY and SO_REUSEADDR', options: ['IPV6_V6ONLY', 'SO_REUSEADDR'], on: ['::'] },
];

describe.each(['tcp', 'udp'] as const)('a held %s port', (protocol) => {
  const onEach = (ports: number[], address: string, options: string[]): Attempt[] =>
    ports.map((port) => ({ protocol, address, port, options }));

  describe.each(addresses)('on %s', (address) => {
    for (const { how, options, on } of optionSets) {
      if (!on.includes(address)) continue;
      test.skipIf(lacking.python)(`is refused to another program ${how}${lacking.python}`, async () => {
        const range = await freeRange(10);
        const attempts = onEach(portsOf(range), address, options);
        const held = openHeldPorts();
        await held.hold(protocol, range);
        expect(tryBinds(attempts)).toEqual(attempts.map(() => 'EADDRINUSE'));
        await held.release(protocol, range);
        expect(tryBinds(attempts), 'after release').toEqual(portsOf(range));
      });
    }

    test.skipIf(lacking.python)(`is open to SO_REUSEPORT of the same user${lacking.python}`, async () => {
      const range = await freeRange(10);
      await openHeldPorts().hold(protocol, range);
      expect(tryBinds(onEach(portsOf(range), address, ['SO_REUSEPORT']))).toEqual(portsOf(range));
    });

    test.skipIf(lacking.root)(`is refused to SO_REUSEPORT of another user${lacking.root}`, async () => {
      const range = await freeRange(10);
      const attempts = onEach(portsOf(range), address, ['SO_REUSEPORT']);
      await openHeldPorts().hold(protocol, range);
      expect(tryBinds(attempts, { user: nobody })).toEqual(attempts.map(() => 'EADDRINUSE'));
    });
  });

  test.skipIf(lacking.python)(`leaves the other protocol alone${lacking.python}`, async () => {
    const range = await freeRange(10);
    await openHeldPorts().hold(protocol, range);
    const other = protocol === 'tcp' ? 'udp' : 'tcp';
    const attempts = portsOf(range).map((port) => ({ protocol: other, address: '::', port }) as const);
    expect(tryBinds(attempts)).toEqual(portsOf(range));
  });
});
