import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, liveFile, ownFile, ports } from '../../providers/linux/support/sysctl.ts';
import { refusal } from '../../support/machine.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { nobody } from '../held/support/python.ts';
import { openServiceLab, type ServiceLab, tcp } from './support/service.ts';

const fill = `mount -o remount,size=64k ${folder}; head -c 1M /dev/zero > ${folder}/ballast 2>/dev/null || true`;
const recorded = ({ host }: ServiceLab) =>
  JSON.parse(readFileSync(join(host.env.PORT_RESERVATION_HOME!, 'ledger.json'), 'utf8')).exclusions ?? [];

describe.skipIf(noNamespaces)(namespaceTitle('an exclusion that fails on Linux'), () => {
  test.each(['active', 'persistent'] as const)('without root is refused with a hint (%s)', async (store) => {
    const lab = await openServiceLab();
    const before = lab.everything();
    const user = await lab.open((await lab.namespace.start({ userId: nobody })).provider);
    const { errorName, message, facts } = await refusal(user.addExclusion({ ...tcp, store }));
    expect([errorName, message]).toEqual(['AccessDenied', `Cannot change ${liveFile}: EACCES.`]);
    expect(facts.hint).toContain('sudo');
    expect([lab.everything(), recorded(lab)]).toEqual([before, []]);
    await lab.service.addExclusion({ ...tcp, store });
    expect((await refusal(user.removeExclusion(tcp))).errorName).toBe('AccessDenied');
    expect(await lab.listed()).toEqual([`5000-5009 ${store} own`]);
  });

  test.each([
    [
      'the list is read-only',
      `mount --bind ${liveFile} ${liveFile}; mount -o remount,ro,bind ${liveFile}`,
      'AccessDenied',
    ],
    ['the folder is read-only', `mount -o remount,ro ${folder}`, 'AccessDenied'],
    ['the disk is full', fill, 'OsError'],
    ['our file cannot be replaced', `mount --bind ${ownFile} ${ownFile}`, 'OsError'],
  ])('because %s changes nothing', async (_why, setUp, errorName) => {
    const lab = await openServiceLab();
    const { service, sh, everything, listed } = lab;
    await service.addExclusion(tcp);
    sh(setUp);
    const [before, records] = [everything(), recorded(lab)];
    expect((await refusal(service.addExclusion({ ...tcp, range: ports(6000) }))).errorName).toBe(errorName);
    if (errorName === 'AccessDenied') {
      expect((await refusal(service.removeExclusion(tcp))).errorName).toBe(errorName);
    }
    expect([everything(), recorded(lab), await listed()]).toEqual([before, records, ['5000-5009 persistent own']]);
  });

  test.each(['active', 'persistent'] as const)(
    'because the ledger cannot be written changes nothing (%s)',
    async (store) => {
      const { service, host, everything, listed, live, files } = await openServiceLab();
      await service.addExclusion({ ...tcp, store });
      const before = everything();
      const inTheWay = join(host.env.PORT_RESERVATION_HOME!, 'ledger.json.new');
      mkdirSync(inTheWay);
      for (const work of [
        () => service.addExclusion({ ...tcp, range: ports(6000) }),
        () => service.removeExclusion(tcp),
      ]) {
        expect(await refusal(work())).toMatchObject({
          errorName: 'OsError',
          message: expect.stringContaining('ledger.json'),
        });
        expect([everything(), await listed()]).toEqual([before, [`5000-5009 ${store} own`]]);
      }
      rmdirSync(inTheWay);
      await service.removeExclusion(tcp);
      expect([live(), files()]).toEqual(['', []]);
    },
  );

  test('because another file would win at a restart is refused, and one until then is not', async () => {
    const { service, write, live } = await openServiceLab();
    write('/etc/sysctl.d/zzz.conf', 'net.ipv4.ip_local_reserved_ports = 8080');
    expect(await refusal(service.addExclusion(tcp))).toMatchObject({
      errorName: 'NotSupported',
      message: expect.stringContaining(
        '/etc/sysctl.d/zzz.conf sets net.ipv4.ip_local_reserved_ports and is applied after',
      ),
    });
    await service.addExclusion({ ...tcp, store: 'active' });
    expect(live()).toBe('5000-5009');
  });

  test('because WinNAT is asked for says so', async () => {
    const { service, everything } = await openServiceLab();
    const before = everything();
    expect(await refusal(service.addExclusion({ ...tcp, restartNat: true }))).toMatchObject({
      errorName: 'NotSupported',
      message: 'WinNAT is of Windows: on Linux there is nothing to restart for an exclusion.',
    });
    expect(everything()).toEqual(before);
  });

  test('because the range ends past the last port names the field', async () => {
    const { service } = await openServiceLab();
    for (const work of ['addExclusion', 'removeExclusion'] as const) {
      await expect(service[work]({ ...tcp, range: ports(65_530) })).rejects.toMatchObject({
        name: 'InvalidParamsError',
        errors: [{ field: 'range.numberOfPorts' }],
      });
    }
  });

  test('to be listed on a kernel without the list is told', async () => {
    const { service, sh } = await openServiceLab();
    sh('mount -t tmpfs tmpfs /proc/sys/net/ipv4');
    expect((await refusal(service.listExclusions())).errorName).toBe('NotSupported');
  });

  test('to be told apart, because a file may not be read, is warned of', async () => {
    const lab = await openServiceLab();
    lab.write('/etc/sysctl.d/10-secret.conf', 'net.ipv4.ip_local_reserved_ports = 8080');
    lab.sh('chmod 600 /etc/sysctl.d/10-secret.conf; sysctl --system >/dev/null 2>&1');
    const user = await lab.open((await lab.namespace.start({ userId: nobody })).provider);
    expect(await user.listExclusions({ protocol: 'tcp' })).toMatchObject({
      exclusions: [{ range: ports(8080, 1), store: 'active', own: false }],
      warnings: [expect.stringContaining('/etc/sysctl.d/10-secret.conf')],
    });
  });

  test('in the ledger provider is what it cannot do', async () => {
    const { open, namespace } = await openServiceLab();
    const service = await open((await namespace.start({ provider: 'ledger' })).provider);
    for (const work of ['addExclusion', 'removeExclusion', 'listExclusions'] as const) {
      expect((await refusal(service[work](tcp as never))).errorName).toBe('NotSupported');
    }
  });
});
