import { describe, expect, test } from 'vitest';
import type { Reservation } from '../../../src/protocol/generated/contract.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { bootTools, liveFile, openLab, ownFile, persistent, ports, reserve } from './support/sysctl.ts';

describe.skipIf(noNamespaces)(namespaceTitle('persistent reservations on Linux'), () => {
  test('are in the live list and in a sysctl.d file that explains itself; release leaves no trace', async () => {
    const lab = await openLab();
    const { provider, live, read, sh, files } = lab;
    const tcp = await reserve(provider, ports(5000));
    const udp = await reserve(provider, ports(6000, 1), { protocol: 'udp', before: [tcp] });
    expect(live()).toBe('5000-5009,6000');
    expect(read(ownFile)).toMatchInlineSnapshot(`
      "# Written by PortReservation: the ports of its persistent reservations and its exclusions, which the system does not hand out by itself.
      # The last file that sets this key wins, so it repeats what other files set.
      # To undo: portreservation remove, portreservation exclude remove. Without this file alone, the next change writes it again.
      # reserved tcp: 5000-5009
      # reserved udp: 6000
      net.ipv4.ip_local_reserved_ports = 5000-5009,6000
      "
    `);
    expect(sh(`stat -c '%a %U' ${ownFile}`).trim()).toBe('644 root');
    await provider.release(tcp);
    expect(live()).toBe('6000');
    await provider.release(udp);
    expect([live(), files()]).toEqual(['', []]);
  });

  test('the file is readable by all whatever the umask', async () => {
    const lab = await openLab();
    const other = await lab.namespace.start({ umask: 0o077 });
    await reserve(other.provider, ports(5000));
    expect(lab.sh(`stat -c %a ${ownFile}`).trim()).toBe('644');
  });

  test.each(['tcp', 'udp'] as const)('port 0 never lands in a %s reservation', async (protocol) => {
    const { sh, provider, automaticPorts } = await openLab();
    sh('echo 40000 40009 > /proc/sys/net/ipv4/ip_local_port_range');
    const record = await reserve(provider, ports(40002, 5), { protocol });
    expect(await automaticPorts(protocol, 20)).toEqual([40000, 40001, 40007, 40008, 40009]);
    await provider.release(record);
    expect(await automaticPorts(protocol, 20)).toHaveLength(10);
  });

  test.each(bootTools)('come back at a restart with %s, and so does what other files set', async (tool) => {
    const { provider, write, setLive, sh, live } = await openLab();
    write('/etc/sysctl.d/10-others.conf', 'net.ipv4.ip_local_reserved_ports = 8080');
    write('/etc/sysctl.d/99-others.conf', 'net.ipv4.ip_local_reserved_ports = 9000-9009');
    await reserve(provider, ports(5000));
    setLive('');
    sh(`${tool} >/dev/null 2>&1`);
    expect(live()).toBe('5000-5009,8080,9000-9009');
  });

  test.each([
    ['the live list, as in a new network namespace', `echo > ${liveFile}`],
    ['the live list, replaced by another program', `echo 8080 > ${liveFile}`],
    ['the file', `rm ${ownFile}`],
    ['both', `rm ${ownFile}; echo > ${liveFile}`],
    ['a part of the live list', `echo 5000-5003,5007 > ${liveFile}`],
  ])('settle puts back what is missing: %s', async (_what, loss) => {
    const { provider, sh, live, read } = await openLab();
    const record = await reserve(provider, ports(5000));
    const before = read(ownFile);
    sh(loss);
    await provider.settle([record]);
    expect(live().split(',')).toContain('5000-5009');
    expect(read(ownFile)).toBe(before);
    await provider.release(record);
    expect(live()).not.toContain('50');
  });

  test('settle writes nothing when nothing is missing', async () => {
    const { provider, sh } = await openLab();
    const record = await reserve(provider, ports(5000));
    const facts = () => sh(`stat -c '%i %z' ${ownFile}; stat -c '%z' /etc/sysctl.d`);
    const before = facts();
    await provider.settle([record]);
    expect(facts()).toBe(before);
  });

  test('a range that another ledger reserved is refused, and its own file entry stays', async () => {
    const { provider, everything } = await openLab();
    await reserve(provider, ports(5000));
    const before = everything();
    const claim = provider.claim({ lifetime: 'persistent', protocol: 'tcp', range: ports(5005) });
    await expect(claim).rejects.toMatchObject({ errorName: 'RangeReserved', facts: { port: 5005 } });
    await provider.settle([]);
    expect(everything()).toEqual(before);
  });

  test('processes with ledgers of their own lose nothing of each other', async () => {
    const { namespace, live, ownValue } = await openLab();
    const starts = [0, 1, 2];
    await Promise.all(
      starts.map(async (index) => {
        const { provider } = await namespace.start();
        const before: Reservation[] = [];
        for (let number = 0; number < 15; number++) {
          before.push(await reserve(provider, ports(5000 + number * 10 + index * 3, 2), { before }));
        }
        for (const record of before.splice(0, 5)) await provider.release(record);
        await provider.settle(before.map((record) => persistent(provider, 'tcp', record.range)));
      }),
    );
    const expected = Array.from({ length: 10 }, (_, number) => 5000 + (number + 5) * 10)
      .flatMap((start) => starts.map((index) => `${start + index * 3}-${start + index * 3 + 1}`))
      .join(',');
    expect([live(), ownValue()]).toEqual([expected, expected]);
  });
});
