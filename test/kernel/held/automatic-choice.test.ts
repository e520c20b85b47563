import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { useOwnNetwork } from './support/own-network.ts';
import { openHeldPorts, portsOf } from './support/ports.ts';
import { type Attempt, addresses, lacking, tryBinds } from './support/python.ts';

useOwnNetwork();

// The system may choose among 32 ports, and 8 of them are held: it would hit one in no time.
const block = { startPort: 30_008, numberOfPorts: 8 };
const server = 20_000;

function chosenPorts(attempts: Attempt[]): number[] {
  writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '30000 30031');
  const chosen = tryBinds(attempts, { listen: [server] });
  expect(chosen.filter((port) => typeof port === 'string')).toEqual([]);
  return chosen as number[];
}

const inBlock = (ports: number[]) => ports.filter((port) => portsOf(block).includes(port));

describe('automatic choice', () => {
  // Left out: UDP with SO_REUSEPORT, where Linux lets port 0 share a port with any such socket of the same user.
  const optionSets = { tcp: [[], ['SO_REUSEADDR'], ['SO_REUSEPORT']], udp: [[], ['SO_REUSEADDR']] };

  const manners = [
    ['tcp', {}],
    ['tcp', { yields: true }],
    ['udp', {}],
  ] as const;

  test.skipIf(lacking.root).each(manners)(
    `never lands on a held %s port (%o) in 10,000 binds to port 0${lacking.root}`,
    async (protocol, manner) => {
      const sets = optionSets[protocol];
      const repeat = Math.ceil(10_000 / (addresses.length * sets.length));
      const attempts = addresses.flatMap((address) =>
        sets.map((options) => ({ protocol, address, port: 0, options, repeat })),
      );
      const held = openHeldPorts();
      await held.hold(protocol, block, manner);
      expect(inBlock(chosenPorts(attempts))).toEqual([]);
      await held.release(protocol, block);
      expect(inBlock(chosenPorts(attempts)).length, 'after release').toBeGreaterThan(0);
    },
  );

  test.skipIf(lacking.root).each(manners)(
    `never gives a held %s port (%o) to connect${lacking.root}`,
    async (protocol, manner) => {
      const attempts = ['127.0.0.1', '::1'].map((address) => ({ protocol, address, connect: server, repeat: 500 }));
      const held = openHeldPorts();
      await held.hold(protocol, block, manner);
      expect(inBlock(chosenPorts(attempts))).toEqual([]);
      await held.release(protocol, block);
      expect(inBlock(chosenPorts(attempts)).length, 'after release').toBeGreaterThan(0);
    },
  );
});
