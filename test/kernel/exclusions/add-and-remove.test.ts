import { describe, expect, test } from 'vitest';
import { bootTools, ownFile, passingFile, ports } from '../../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { only } from '../../support/only.ts';
import { openServiceLab, tcp, udp } from './support/service.ts';

describe.skipIf(noNamespaces)(namespaceTitle('an exclusion on Linux'), () => {
  test('is in the live list and in a file that explains itself; its removal leaves no trace', async () => {
    const { service, live, read, files } = await openServiceLab();
    const made = only(await service.addExclusion({ ...tcp, name: 'web', reason: 'the front end', document: 'dev' }));
    expect(made).toMatchObject({
      ...tcp,
      store: 'persistent',
      source: 'net.ipv4.ip_local_reserved_ports',
      administered: true,
      own: true,
      name: 'web',
      reason: 'the front end',
      document: 'dev',
      owner: { user: expect.any(String) },
    });
    expect(made.owner).not.toHaveProperty('processId');
    expect(live()).toBe('5000-5009');
    expect(read(ownFile)).toMatchInlineSnapshot(`
      "# Written by PortReservation: the ports of its persistent reservations and its exclusions, which the system does not hand out by itself.
      # The last file that sets this key wins, so it repeats what other files set.
      # To undo: portreservation remove, portreservation exclude remove. Without this file alone, the next change writes it again.
      # excluded tcp: 5000-5009
      net.ipv4.ip_local_reserved_ports = 5000-5009
      "
    `);
    expect((await service.listExclusions()).exclusions).toEqual([made]);
    expect(only(await service.removeExclusion(tcp))).toEqual(made);
    expect([live(), files(), (await service.listExclusions()).exclusions]).toEqual(['', [], []]);
  });

  test('until the next restart leaves no file that a restart finds, and is noted in one that it does not', async () => {
    const { service, live, ownValue, read, sh, files, listed } = await openServiceLab();
    await service.addExclusion({ ...tcp, store: 'active', name: 'web' });
    expect([live(), ownValue()]).toEqual(['5000-5009', undefined]);
    expect(files()).toEqual([]);
    expect(read(passingFile)).toMatch(
      /^# this start: [-\da-f]{36} net:\[\d+\]\n# excluded tcp until restart: 5000-5009$/m,
    );
    expect(await listed()).toEqual(['5000-5009 active own web']);
    await service.removeExclusion(tcp);
    expect([live(), files(), sh('ls /run/port-reservation'), await listed()]).toEqual(['', [], '', []]);
  });

  test.each(['tcp', 'udp'] as const)(
    'port 0 never lands in it, and %s may be bound there by number',
    async (protocol) => {
      const { service, sh, automaticPorts, tryBind } = await openServiceLab();
      sh('echo 40000 40009 > /proc/sys/net/ipv4/ip_local_port_range');
      const range = ports(40_002, 5);
      await service.addExclusion({ protocol, range });
      expect(await automaticPorts(protocol, 20)).toEqual([40000, 40001, 40007, 40008, 40009]);
      for (const address of ['0.0.0.0', '::']) expect(await tryBind(protocol, 40_002, address)).toBe('bound');
      await service.removeExclusion({ protocol, range });
      expect(await automaticPorts(protocol, 20)).toHaveLength(10);
    },
  );

  test.each(bootTools)('comes back at a restart with %s if it is persistent, and is gone if not', async (tool) => {
    const { service, setLive, sh, live, listed } = await openServiceLab();
    await service.addExclusion({ ...tcp, store: 'active' });
    await service.addExclusion({ ...tcp, range: ports(6000), store: 'persistent' });
    setLive('');
    sh(`${tool} >/dev/null 2>&1`);
    expect(live()).toBe('6000-6009');
    expect(await listed()).toEqual(['6000-6009 persistent own']);
  });

  test('until the next restart is past with it: no later change brings it back', async () => {
    const { service, setLive, sh, live, read, listed } = await openServiceLab();
    await service.addExclusion({ ...tcp, store: 'active' });
    sh(`sed -i 's/^# this start: ......../# this start: 00000000/' ${passingFile}`);
    setLive('');
    await service.addExclusion({ ...tcp, range: ports(6000) });
    expect([live(), await listed()]).toEqual(['6000-6009', ['6000-6009 persistent own']]);
    expect([read(ownFile), read(passingFile)].join('')).not.toContain('until restart');
  });

  test('of one that is there is no error: it is returned as it is', async () => {
    const { service, everything } = await openServiceLab();
    const first = only(await service.addExclusion({ ...tcp, name: 'web' }));
    const before = everything();
    expect(only(await service.addExclusion({ ...tcp, name: 'other' }))).toEqual(first);
    expect(only(await service.addExclusion({ ...tcp, store: 'active' }))).toEqual(first);
    expect(everything()).toEqual(before);
  });

  test('until the next restart is made persistent when that is asked for, and keeps its name', async () => {
    const { service, read, ownValue, listed, live, files } = await openServiceLab();
    await service.addExclusion({ ...tcp, store: 'active', name: 'web' });
    await service.addExclusion(tcp);
    expect(await listed()).toEqual(['5000-5009 persistent own web']);
    expect(ownValue()).toBe('5000-5009');
    expect(read(ownFile)).not.toContain('until restart');
    await service.removeExclusion(tcp);
    expect([live(), files()]).toEqual(['', []]);
  });

  test.each(['active', 'persistent'] as const)(
    'of both protocols is two (%s): the one stays without the other',
    async (store) => {
      const { service, live, listed } = await openServiceLab();
      await service.addExclusion({ ...tcp, store });
      await service.addExclusion({ ...udp, store });
      await service.removeExclusion(tcp);
      expect([live(), await listed('tcp'), await listed('udp')]).toEqual(['5000-5009', [], [`5000-5009 ${store} own`]]);
    },
  );

  test('that somebody took from the live list is put in again by adding it once more', async () => {
    const { service, live, setLive } = await openServiceLab();
    const made = only(await service.addExclusion(tcp));
    setLive('8080');
    expect(only(await service.addExclusion(tcp))).toEqual(made);
    expect(live()).toBe('5000-5009,8080');
  });

  test('made by several workers at once is one, and none of the others is lost', async () => {
    const { namespace, open, live, ownValue, listed } = await openServiceLab();
    const services = await Promise.all([1, 2, 3, 4].map(async () => open((await namespace.start()).provider)));
    const made = await Promise.all([
      ...services.map((service) => service.addExclusion({ ...tcp, name: 'one' })),
      ...services.map((service, index) => service.addExclusion({ ...tcp, range: ports(6000 + index * 20) })),
    ]);
    expect(new Set(made.slice(0, 4).map((one) => only(one).createdAt)).size).toBe(1);
    const all = '5000-5009,6000-6009,6020-6029,6040-6049,6060-6069';
    expect([live(), ownValue(), (await listed()).length]).toEqual([all, all, 5]);
    await Promise.all(
      services.map((service, index) => service.removeExclusion({ ...tcp, range: ports(6000 + index * 20) })),
    );
    expect([live(), ownValue(), await listed()]).toEqual(['5000-5009', '5000-5009', ['5000-5009 persistent own one']]);
  });

  test('is found by port and by name', async () => {
    const { service } = await openServiceLab();
    await service.addExclusion({ ...tcp, name: 'web' });
    await service.addExclusion({ ...tcp, range: ports(6000), name: 'db' });
    const names = async (...asked: Parameters<typeof service.listExclusions>) =>
      (await service.listExclusions(...asked)).exclusions.map(({ name }) => name);
    expect(await names({ port: 5009 })).toEqual(['web']);
    expect(await names({ name: 'D*' })).toEqual(['db']);
    expect(await names({ protocol: 'udp' })).toEqual([]);
  });

  test('is the remedy for a port that the system may hand out, and is told with its name and reason', async () => {
    const { service, sh } = await openServiceLab();
    sh('echo 5000 5999 > /proc/sys/net/ipv4/ip_local_port_range');
    const status = async (protocol: 'tcp' | 'udp') =>
      (await service.inspect({ protocol: [protocol], ranges: [ports(5003, 1)] })).ports[0]!;
    expect(await status('tcp')).toMatchObject({
      verdict: 'inDynamicRange',
      remedy: { action: 'exclude', protocol: 'tcp', range: { startPort: 5003, numberOfPorts: 1 } },
    });
    const neighbour = only(await service.addExclusion({ ...tcp, range: ports(5010) }));
    const made = only(await service.addExclusion({ ...tcp, name: 'web', reason: 'the front end' }));
    expect(await status('tcp')).toMatchObject({
      canBind: true,
      verdict: 'excludedByAdministrator',
      exclusion: made,
      explanation: `It is kept by the exclusion tcp 5000-5009 "web" of ${made.owner!.user}, for "the front end": the system does not hand it out by itself, and a program that names it gets it.`,
    });
    expect(neighbour.range).toEqual(ports(5010));
    expect(await status('udp')).toMatchObject({
      exclusion: { range: ports(5000, 20), own: false, store: 'persistent' },
    });
  });

  test('keeps the choice of a free block out', async () => {
    const { service } = await openServiceLab();
    await service.addExclusion({ ...tcp, range: ports(20_001, 8) });
    const within = ports(20_000, 11);
    const { ranges } = await service.find({ protocol: ['tcp'], numberOfPorts: 2, within });
    expect(ranges).toEqual([ports(20_009, 2)]);
    expect(only(await service.create({ protocol: 'tcp', numberOfPorts: 2, within })).range).toEqual(ports(20_009, 2));
  });
});
