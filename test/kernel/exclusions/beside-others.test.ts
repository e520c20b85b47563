import { describe, expect, test } from 'vitest';
import { ownFile, ports } from '../../providers/linux/support/sysctl.ts';
import { refusal } from '../../support/machine.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { only } from '../../support/only.ts';
import { ownHost } from '../../support/own-host.ts';
import { openServiceLab, tcp, udp } from './support/service.ts';

const key = 'net.ipv4.ip_local_reserved_ports';
const theirFile = '/etc/sysctl.d/10-theirs.conf';
const persistent = { protocol: 'tcp', startPort: 5000, numberOfPorts: 10, lifetime: 'persistent' } as const;

describe.skipIf(noNamespaces)(namespaceTitle('an exclusion and what is beside it on Linux'), () => {
  test.each([
    ['with the same numbers in UDP', { ...udp }],
    ['next to it', { protocol: 'tcp', range: ports(5010) }],
  ] as const)('stays when a reservation %s goes, and the other way round', async (_where, exclusion) => {
    for (const store of ['active', 'persistent'] as const) {
      const { service, live, files, listed } = await openServiceLab();
      const { range, protocol } = only(await service.addExclusion({ ...exclusion, store }));
      await service.create(persistent);
      await service.release(tcp);
      expect(live()).toBe(`${range.startPort}-${range.startPort + 9}`);
      expect(await listed(protocol)).toHaveLength(1);
      await service.create(persistent);
      await service.removeExclusion({ protocol, range });
      expect(live()).toBe('5000-5009');
      await service.release(tcp);
      expect([live(), files()]).toEqual(['', []]);
    }
  });

  test('may be bound by number, so a runtime reservation of its ports may come and go', async () => {
    const { service, listed, live } = await openServiceLab();
    await service.addExclusion(tcp);
    const { token } = only(await service.create({ ...persistent, lifetime: 'runtime' }));
    expect(await listed()).toEqual(['5000-5009 persistent own']);
    expect(only(await service.addExclusion(tcp))).toMatchObject({ own: true });
    await service.removeExclusion(tcp);
    expect(live()).toBe('');
    await service.release({ token });
  });

  test('is repeated by the change of a reservation if it was lost', async () => {
    const { service, live, setLive } = await openServiceLab();
    await service.addExclusion(tcp);
    setLive('');
    await service.create({ ...persistent, startPort: 6000 });
    expect(live()).toBe('5000-5009,6000-6009');
  });

  test('cannot be made over a reservation, which is named; nor the other way round', async () => {
    const { service, everything } = await openServiceLab();
    await service.create({ ...persistent, name: 'web' });
    const before = everything();
    expect(await refusal(service.addExclusion({ ...tcp, range: ports(5009, 2) }))).toMatchObject({
      errorName: 'RangeReserved',
      message: expect.stringMatching(/^tcp 5009-5010 overlaps the persistent reservation tcp 5000-5009 "web" of /),
      facts: { target: 'tcp 5009-5010' },
    });
    expect(everything()).toEqual(before);
    await service.addExclusion({ ...tcp, range: ports(6000) });
    expect(await refusal(service.create({ ...persistent, startPort: 6009 }))).toMatchObject({
      errorName: 'RangeExcluded',
      message: 'tcp 6009-6018 overlaps an exclusion of PortReservation, which has 6009.',
    });
  });

  test('cannot be made over a part of another of ours, which is named', async () => {
    const { service, everything } = await openServiceLab();
    await service.addExclusion({ ...tcp, name: 'web' });
    const before = everything();
    for (const range of [ports(5009, 2), ports(5003, 1), ports(4000, 2000)]) {
      expect(await refusal(service.addExclusion({ ...tcp, range }))).toMatchObject({
        errorName: 'RangeExcluded',
        message: expect.stringContaining('overlaps the exclusion tcp 5000-5009 "web" of '),
        facts: { hint: 'Choose ports outside 5000-5009, or remove that exclusion first.' },
      });
    }
    expect(everything()).toEqual(before);
  });

  test('that others made in a file is returned as theirs; their entries stay whatever comes and goes beside them', async () => {
    const { service, everything, setLive, write, listed, live, ownValue } = await openServiceLab();
    write(theirFile, `${key} = 4990-5009,8080`);
    setLive('4990-5009,8080,9000');
    const before = everything();
    expect(only(await service.addExclusion(tcp))).toMatchObject({
      range: ports(4990, 20),
      own: false,
      source: theirFile,
    });
    expect(everything()).toEqual(before);
    await service.addExclusion({ ...tcp, range: ports(5010) });
    expect([live(), ownValue()]).toEqual(['4990-5019,8080,9000', '4990-5019,8080']);
    const theirs = [
      `4990-5009 persistent ${theirFile}`,
      `8080-8080 persistent ${theirFile}`,
      `9000-9000 active ${key}`,
    ];
    expect(await listed()).toEqual([theirs[0], '5010-5019 persistent own', ...theirs.slice(1)]);
    expect(await listed('udp')).toEqual(theirs);
    await service.removeExclusion({ ...tcp, range: ports(5010) });
    expect(everything()).toEqual(before);
  });

  test('that others made until the next restart does for such a one, and is refused for a persistent one', async () => {
    const { service, setLive, everything } = await openServiceLab();
    setLive('5000-5019');
    const before = everything();
    expect(only(await service.addExclusion({ ...tcp, store: 'active' }))).toMatchObject({
      store: 'active',
      own: false,
    });
    expect(await refusal(service.addExclusion(tcp))).toMatchObject({
      errorName: 'RangeExcluded',
      message: `tcp 5000-5009 is excluded by somebody else already, and only until the next restart (${key}).`,
    });
    expect(await refusal(service.addExclusion({ ...tcp, range: ports(5019, 2), store: 'active' }))).toMatchObject({
      errorName: 'RangeExcluded',
      message: `tcp 5019-5020 overlaps the exclusion tcp 5000-5019 that somebody else made (${key}).`,
    });
    expect(everything()).toEqual(before);
  });

  test('that others made is removed with force alone, and from their file not at all', async () => {
    const { service, setLive, write, live, listed } = await openServiceLab();
    write(theirFile, `${key} = 6000-6009`);
    setLive('5000-5009,6000-6009');
    expect(await refusal(service.removeExclusion(tcp))).toMatchObject({
      errorName: 'NotOwner',
      message: `Somebody else made the exclusion tcp 5000-5009 (${key}).`,
    });
    expect(only(await service.removeExclusion({ ...tcp, force: true }))).toMatchObject({ own: false });
    expect(live()).toBe('6000-6009');
    expect(await refusal(service.removeExclusion({ ...tcp, range: ports(6000), force: true }))).toMatchObject({
      errorName: 'NotSupported',
      message: `${theirFile} excludes 6000, and PortReservation does not edit others' files.`,
    });
    expect([live(), await listed()]).toEqual(['6000-6009', [`6000-6009 persistent ${theirFile}`]]);
  });

  test('added to our file by hand is others’, and goes with force', async () => {
    const { service, write, sh, live, listed, ownValue, files } = await openServiceLab();
    write(ownFile, `${key} = 5000-5009,7000`);
    sh('sysctl --system >/dev/null 2>&1');
    await service.addExclusion({ ...tcp, range: ports(6000) });
    expect(await listed()).toEqual([
      `5000-5009 persistent ${ownFile}`,
      '6000-6009 persistent own',
      `7000-7000 persistent ${ownFile}`,
    ]);
    await service.removeExclusion({ ...tcp, force: true });
    expect([live(), ownValue()]).toEqual(['6000-6009,7000', '6000-6009,7000']);
    await service.removeExclusion({ ...tcp, range: ports(6000) });
    await service.removeExclusion({ ...tcp, range: ports(7000, 1), force: true });
    expect([live(), files()]).toEqual(['', []]);
  });

  test('of another ledger is others’ and goes with force; a part of it is none', async () => {
    const { service, open, provider, live, listed, files } = await openServiceLab();
    const other = await open(provider, ownHost());
    await other.addExclusion(tcp);
    await other.addExclusion({ ...tcp, range: ports(6000), store: 'active' });
    expect(await listed()).toEqual([`5000-5009 persistent ${ownFile}`, `6000-6009 active ${key}`]);
    expect(await refusal(service.removeExclusion({ ...tcp, range: ports(5000, 5), force: true }))).toMatchObject({
      errorName: 'NotFound',
      message: 'There is no exclusion of tcp 5000-5004.',
    });
    await service.removeExclusion({ ...tcp, force: true });
    await service.removeExclusion({ ...tcp, range: ports(6000), force: true });
    expect([live(), files()]).toEqual(['', []]);
  });

  test('is not taken from a reservation of the same range', async () => {
    const { service } = await openServiceLab();
    await service.create(persistent);
    expect((await service.listExclusions()).exclusions).toEqual([]);
    expect((await refusal(service.removeExclusion({ ...tcp, force: true }))).errorName).toBe('NotFound');
  });
});
