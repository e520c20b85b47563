import { describe, expect, test } from 'vitest';
import { refusal } from '../../support/machine.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { startProvider } from '../../support/provider-process.ts';
import { folder, liveFile, openLab, ownFile, persistent, ports, reserve } from './support/sysctl.ts';

const range = ports(5000);
const claim = { lifetime: 'persistent', protocol: 'tcp', range } as const;
const nobody = 65_534;

/** Leaves the tmpfs over /etc/sysctl.d without a free block. */
const fill = `mount -o remount,size=64k ${folder}; head -c 1M /dev/zero > ${folder}/ballast 2>/dev/null || true`;

describe.skipIf(noNamespaces)(namespaceTitle('a persistent reservation that fails on Linux'), () => {
  test.each([
    [
      'the list of the kernel is read-only',
      `mount --bind ${liveFile} ${liveFile}; mount -o remount,ro,bind ${liveFile}`,
      liveFile,
    ],
    ['/proc/sys is read-only', 'mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys', liveFile],
    ['/etc/sysctl.d is read-only', `mount -o remount,ro ${folder}`, folder],
  ])('for want of rights is refused at once: %s', async (_what, setUp, target) => {
    const { provider, sh, setLive, everything } = await openLab();
    setLive('8080');
    sh(setUp);
    const before = everything();
    const { errorName, facts } = await refusal(provider.claim(claim));
    expect({ errorName, target: facts.target, osCode: facts.osCode }).toEqual({
      errorName: 'AccessDenied',
      target,
      osCode: 'EROFS',
    });
    // Root is told nothing of root.
    expect(facts.hint).toMatch(/read-only.*writable/);
    expect(facts.hint).not.toMatch(/sudo|as root/);
    expect(facts.port).toBeUndefined();
    expect(everything()).toEqual(before);
  });

  test('without root is refused with a hint; a runtime one is not', async () => {
    const { namespace, everything } = await openLab();
    const before = everything();
    const { provider, tryBind } = await namespace.start({ userId: nobody });
    const { errorName, message, facts } = await refusal(provider.claim(claim));
    expect([errorName, message]).toEqual(['AccessDenied', `Cannot change ${liveFile}: EACCES.`]);
    expect(facts.hint).toMatch(/sudo.*runtime reservation needs no rights/);
    expect(everything()).toEqual(before);
    await provider.claim({ ...claim, lifetime: 'runtime' });
    expect(await tryBind('tcp', 5000, '0.0.0.0')).toBe('EADDRINUSE');
  });

  test('without root, settling and releasing what is as it should be is no error', async () => {
    const { namespace, provider } = await openLab();
    const record = await reserve(provider, range);
    const user = await namespace.start({ userId: nobody });
    await user.provider.settle([record]);
    await user.provider.settle([]);
    await user.provider.release(persistent(user.provider, 'tcp', ports(7000)));
    await expect(user.provider.release(record)).rejects.toMatchObject({ errorName: 'AccessDenied' });
  });

  test('is decided by the right, not by the user id: root of a user namespace alone', async () => {
    const prefix = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', 'unshare', '-rn', '--'];
    const { provider } = await startProvider(prefix);
    const { errorName, facts } = await refusal(provider.claim(claim));
    expect([errorName, facts.target, facts.osCode]).toEqual(['AccessDenied', folder, 'EACCES']);
  });

  test('on a full disk changes nothing, and leaves no file behind', async () => {
    const { provider, sh, setLive, everything } = await openLab();
    setLive('8080');
    const record = await reserve(provider, range);
    sh(fill);
    const before = everything();
    const second = persistent(provider, 'tcp', ports(6000));
    await provider.claim({ ...claim, range: second.range });
    const { errorName, message, facts } = await refusal(provider.settle([record, second]));
    expect([errorName, facts.osCode, facts.target]).toEqual(['OsError', 'ENOSPC', ownFile]);
    expect(message).toContain(`Cannot write ${ownFile}`);
    expect(everything()).toEqual(before);
    await provider.release(second); // as the service does then
    expect(everything()).toEqual(before);
    sh(`rm ${folder}/ballast`);
    await provider.settle([record, second]);
    expect(everything().live).toBe('5000-5009,6000-6009,8080');
  });

  test('at the last step, after the live list was changed, is undone', async () => {
    const { provider, sh, setLive, everything, files } = await openLab();
    setLive('4999,5010');
    const record = await reserve(provider, range);
    sh(`mount --bind ${ownFile} ${ownFile}`); // a mount point cannot be replaced
    const before = everything();
    const second = persistent(provider, 'tcp', ports(6000));
    await expect(provider.settle([record, second])).rejects.toMatchObject({
      errorName: 'OsError',
      facts: { osCode: 'EBUSY', target: ownFile },
    });
    expect(everything()).toEqual(before);
    await expect(provider.release(record)).rejects.toMatchObject({ errorName: 'OsError', facts: { osCode: 'EBUSY' } });
    expect(everything()).toEqual(before);
    sh(`umount ${ownFile}`);
    await provider.release(record);
    expect([everything().live, files()]).toEqual(['4999,5010', []]);
  });

  test.each([
    ['the list', `mount --bind ${liveFile} ${liveFile}; mount -o remount,ro,bind ${liveFile}`, `umount ${liveFile}`],
    ['the folder', `mount -o remount,ro ${folder}`, `mount -o remount,rw ${folder}`],
  ])('leaves the release undone when %s became read-only, and done afterwards', async (_what, lock, unlock) => {
    const { provider, sh, setLive, everything, files } = await openLab();
    setLive('8080');
    const record = await reserve(provider, range);
    const before = everything();
    sh(lock);
    await expect(provider.release(record)).rejects.toMatchObject({
      errorName: 'AccessDenied',
      facts: { osCode: 'EROFS' },
    });
    expect(everything()).toEqual(before);
    sh(unlock);
    await provider.release(record);
    expect([everything().live, files()]).toEqual(['8080', []]);
  });

  test('is rolled back without a write: releasing what was never settled needs no rights', async () => {
    const { provider, sh, write, everything } = await openLab();
    await reserve(provider, range);
    write(`${folder}/10-a.conf`, 'net.ipv4.ip_local_reserved_ports = 8080'); // not repeated in ours yet
    sh(`mount -o remount,ro ${folder}`);
    const before = everything();
    await provider.release(persistent(provider, 'tcp', ports(6000)));
    expect(everything()).toEqual(before);
  });

  test('does not follow a symbolic link in place of our file', async () => {
    const { provider, sh } = await openLab();
    sh(`echo precious > ${folder}/precious; ln -s precious ${ownFile}`);
    await expect(provider.claim(claim)).rejects.toMatchObject({
      errorName: 'OsError',
      facts: { target: ownFile, osCode: 'ELOOP' },
    });
    expect(sh(`cat ${folder}/precious`)).toBe('precious\n');
  });

  test('does not write through a symbolic link in place of the new file', async () => {
    const { provider, sh } = await openLab();
    sh(`echo precious > ${folder}/precious; ln -s precious ${ownFile}.new`);
    await reserve(provider, range);
    expect(sh(`cat ${folder}/precious; stat -c %F ${ownFile}`)).toBe('precious\nregular file\n');
  });

  test('is given up on a kernel without the list, where a runtime one is not', async () => {
    const { provider, sh } = await openLab();
    sh('mount -t tmpfs tmpfs /proc/sys/net/ipv4');
    await expect(provider.claim(claim)).rejects.toMatchObject({ errorName: 'NotSupported' });
    await provider.claim({ ...claim, lifetime: 'runtime' });
    const { excluded, dynamicRange } = await provider.survey('tcp', false);
    expect([excluded.ranges(), dynamicRange]).toEqual([[], { startPort: 32768, numberOfPorts: 32768 }]);
  });

  test('makes the folder where there is none', async () => {
    const { provider, sh, ownValue } = await openLab();
    sh('umount /etc/sysctl.d; mount -t tmpfs tmpfs /etc');
    await reserve(provider, range);
    expect(ownValue()).toBe('5000-5009');
    expect(sh(`stat -c %a ${folder}`).trim()).toBe('755');
  });
});
