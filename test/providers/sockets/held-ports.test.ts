import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PortRange } from '../../../src/protocol/generated/contract.ts';
import { firstPortInUse } from '../../../src/providers/sockets/bind-ports.ts';
import { useOwnNetwork } from '../../kernel/held/support/own-network.ts';
import { freeRange, openHeldPorts, portsOf } from '../../kernel/held/support/ports.ts';
import { addresses, lacking, nobody, tryBinds, withoutIpv6 } from '../../kernel/held/support/python.ts';
import { startHolder } from '../../kernel/held/support/start-holder.ts';

useOwnNetwork();

const one = (port: number): PortRange => ({ startPort: port, numberOfPorts: 1 });
const skipped = process.platform === 'win32' ? ' (skipped: not on Windows)' : '';

/** How many files a process of this user may open; NaN for unlimited. */
const openFiles = skipped ? 0 : Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
const tooFew =
  lacking.root ||
  (openFiles < 10_100 ? ` (skipped: needs 10,100 open files a process, the limit is ${openFiles})` : '');

describe.skipIf(skipped).each(['tcp', 'udp'] as const)(`held %s ports${skipped}`, (protocol) => {
  test('are held until released, each by itself if wanted', async () => {
    const held = openHeldPorts();
    const range = await freeRange(5);
    await held.hold(protocol, range);
    expect(held.holds(protocol, range)).toBe(true);
    await held.release(protocol, one(range.startPort + 2));
    expect(held.holds(protocol, range)).toBe(false);
    expect(await firstPortInUse(protocol, one(range.startPort + 2))).toBeUndefined();
    expect(await firstPortInUse(protocol, one(range.startPort + 3))).toBe(range.startPort + 3);
    await held.release(protocol, range);
    await held.release(protocol, range);
    expect(await firstPortInUse(protocol, range)).toBeUndefined();
  });

  test('are all or none: one in use frees the others and stays as it was', async () => {
    const range = await freeRange(1000);
    const middle = one(range.startPort + 700);
    const first = openHeldPorts();
    await first.hold(protocol, middle);
    const held = openHeldPorts();
    await expect(held.hold(protocol, range)).rejects.toMatchObject({
      errorName: 'PortInUse',
      facts: {
        target: `${protocol} ${middle.startPort}`,
        port: middle.startPort,
        osCode: 'EADDRINUSE',
        osFunction: 'bind',
      },
    });
    expect(await firstPortInUse(protocol, { ...range, numberOfPorts: 700 })).toBeUndefined();
    expect(await firstPortInUse(protocol, range)).toBe(middle.startPort);
    expect(first.holds(protocol, middle)).toBe(true);
    await expect(first.hold(protocol, middle)).rejects.toMatchObject({ errorName: 'PortInUse' });
    expect(first.holds(protocol, middle), 'held twice by one holder').toBe(true);
  });

  test('are none when the request is cancelled midway', async () => {
    const held = openHeldPorts();
    const range = await freeRange(2000);
    const controller = new AbortController();
    const holding = held.hold(protocol, range, { signal: controller.signal });
    while (!held.holds(protocol, one(range.startPort))) await setImmediate();
    controller.abort(new Error('cancelled'));
    await expect(holding).rejects.toThrow('cancelled');
    expect(await firstPortInUse(protocol, range)).toBeUndefined();
    await expect(held.hold(protocol, range, { signal: controller.signal })).rejects.toThrow('cancelled');
    expect(held.holds(protocol, one(range.startPort))).toBe(false);
  });

  test('are free after close, also when it comes midway, and close may come twice', async () => {
    const held = openHeldPorts();
    const range = await freeRange(2000);
    const holding = held.hold(protocol, range);
    while (!held.holds(protocol, one(range.startPort))) await setImmediate();
    held.close();
    await expect(holding).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    held.close();
    expect(await firstPortInUse(protocol, range)).toBeUndefined();
    await expect(held.hold(protocol, range)).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  test.skipIf(tooFew)(`are held and released by the 20,000, in two processes${tooFew}`, async () => {
    const low = { startPort: 10_000, numberOfPorts: 10_000 };
    const high = { startPort: 20_000, numberOfPorts: 10_000 };
    const first = await startHolder();
    const second = await startHolder();
    await Promise.all([
      first.call({ method: 'hold', protocol, range: low }),
      second.call({ method: 'hold', protocol, range: high }),
    ]);
    for (const port of [...portsOf(low), ...portsOf(high)].filter((_, index) => index % 1111 === 0)) {
      expect(await first.call({ method: 'inUse', protocol, range: one(port) })).toBe(port);
    }
    await first.call({ method: 'release', protocol, range: low });
    expect(await second.call({ method: 'inUse', protocol, range: low })).toBeUndefined();
    expect(await first.call({ method: 'inUse', protocol, range: high })).toBe(high.startPort);
    await second.call({ method: 'release', protocol, range: high });
    expect(await first.call({ method: 'inUse', protocol, range: high })).toBeUndefined();
  });

  test('are refused beyond the limit on open files, with what to do about it', async () => {
    const holder = await startHolder(['sh', '-c', 'ulimit -n 100 && exec "$@"', 'sh']);
    const range = await freeRange(200);
    await expect(holder.call({ method: 'hold', protocol, range })).rejects.toMatchObject({
      errorName: 'OsError',
      message: expect.stringContaining(`${range.startPort}-${range.startPort + 199}`),
      facts: { osCode: 'EMFILE', osFunction: 'socket', hint: expect.stringContaining('ulimit -n') },
    });
    expect(await firstPortInUse(protocol, range)).toBeUndefined();
    await openHeldPorts().hold(protocol, one(range.startPort));
    for (let count = 0; count < 100; count++) {
      expect(await holder.call({ method: 'inUse', protocol, range }), 'a probe costs no file').toBe(range.startPort);
    }
  });

  test.skipIf(lacking.root)(
    `below the unprivileged ones are refused with what to do about it${lacking.root}`,
    async () => {
      writeFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', '1024');
      const holder = await startHolder();
      await holder.call({ method: 'hold', protocol, range: one(1020) });
      await holder.call({ method: 'user', user: nobody });
      await expect(
        holder.call({ method: 'hold', protocol, range: { startPort: 1023, numberOfPorts: 2 } }),
      ).rejects.toMatchObject({
        errorName: 'AccessDenied',
        message: `No permission to bind ${protocol} 1023.`,
        facts: { target: `${protocol} 1023`, osCode: 'EACCES', hint: expect.stringContaining('below 1024') },
      });
      await holder.call({ method: 'hold', protocol, range: one(1024) });
    },
  );

  test.skipIf(lacking.python)(`are held on IPv4 where there is no IPv6${lacking.python}`, async () => {
    const holder = await startHolder(withoutIpv6);
    const range = await freeRange(10);
    await holder.call({ method: 'hold', protocol, range });
    const attempts = (address: string) => portsOf(range).map((port) => ({ protocol, address, port }));
    for (const address of addresses.filter((each) => !each.includes(':'))) {
      expect(tryBinds(attempts(address))).toEqual(portsOf(range).map(() => 'EADDRINUSE'));
    }
    expect(tryBinds(attempts('::1')), 'the IPv6 it cannot see').toEqual(portsOf(range));
    expect(await holder.call({ method: 'inUse', protocol, range })).toBe(range.startPort);
  });
});
