import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { PortService } from '../../../src/service/port-service.ts';
import { ownHost } from '../../support/own-host.ts';
import { startProvider } from '../../support/provider-process.ts';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking, withoutNetlink } from '../held/support/python.ts';
import { open, port, statusOf } from './support/inspection.ts';
import { idle, python } from './support/programs.ts';
import { startSituation } from './support/situation.ts';

useOwnNetwork();

/** A service that may not ask the kernel by netlink, as in a unit with RestrictAddressFamilies=. */
async function openWithoutNetlink(): Promise<PortService> {
  const { provider } = await startProvider(withoutNetlink, { provider: 'ledger' });
  return new PortService(provider, await openLedger(ownHost()));
}

describe.skipIf(lacking.root)(`where the kernel may not be asked by netlink${lacking.root}`, () => {
  test.each([
    ['tcp', '0.0.0.0'],
    ['tcp', '::1'],
    ['udp', '127.0.0.1'],
    ['udp', '::'],
  ] as const)('who has a %s port on %s is read from /proc/net, and the same', async (protocol, address) => {
    await startSituation(protocol, address, port);
    const status = await statusOf(await openWithoutNetlink(), port, protocol);
    expect(status.holders).toMatchObject([{ state: 'listening', addresses: [address], processName: 'python3' }]);
    expect(status).toEqual(await statusOf(await open(), port, protocol));
  });

  test('connections and what is left of them, too', async () => {
    const own = port + 1;
    const server = createServer().listen(own, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(own, '127.0.0.1');
    const [socket] = await once(server, 'connection');
    server.close();
    onTestFinished(() => void client.destroy());
    const [without, asked] = [await openWithoutNetlink(), await open()];
    expect((await statusOf(without, own)).holders).toMatchObject([{ state: 'connected', processId: process.pid }]);
    expect((await statusOf(without, own)).holders).toEqual((await statusOf(asked, own)).holders);
    socket.end();
    client.end();
    await Promise.all([once(socket, 'close'), once(client, 'close')]);
    expect((await statusOf(without, own)).holders).toEqual([{ state: 'timeWait', addresses: ['127.0.0.1'] }]);
    expect((await statusOf(asked, own)).holders).toEqual([{ state: 'timeWait', addresses: ['127.0.0.1'] }]);
  });

  test('whose a socket is that only has the port stays unknown, and is said to', async () => {
    await python(`import socket
s = socket.socket(); s.bind(("127.0.0.1", ${port})); print("ready"); ${idle}`);
    const status = await statusOf(await openWithoutNetlink());
    expect(status).toMatchObject({ verdict: 'boundNotListening', holders: [] });
    expect(status.explanation).toMatch(
      /^A socket is bound to it that does not listen, and the system does not say whose/,
    );
  });

  test.skipIf(!existsSync('/proc/sys/net/netfilter/nf_conntrack_max'))(
    'NAT rules are said not to have been looked at, also where a port is chosen',
    async () => {
      const service = await openWithoutNetlink();
      const within = { startPort: port, numberOfPorts: 1 };
      const warnings = [
        expect.stringMatching(/^NAT rules, .* were not looked at: the kernel may not be asked \(EAFNOSUPPORT\)\.$/),
      ];
      expect(await service.find({ protocol: 'tcp', within })).toEqual({ ranges: [within], warnings });
      const { reservations, ...rest } = await service.create({ protocol: 'tcp', numberOfPorts: 1, within });
      expect(rest).toEqual({ warnings });
      await service.release({ protocol: 'tcp', range: reservations[0]!.range });
      const { warnings: told } = await service.inspect({ protocol: ['tcp'], ranges: [within] });
      expect(told).toEqual(warnings);
    },
  );
});
