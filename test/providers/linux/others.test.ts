import { describe, expect, test } from 'vitest';
import { refusal } from '../../support/machine.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { liveFile, openLab, ownFile, ports, reserve, scattered } from './support/sysctl.ts';

const key = 'net.ipv4.ip_local_reserved_ports';
const range = ports(5000);
const claim = { lifetime: 'persistent', protocol: 'tcp', range } as const;

describe.skipIf(noNamespaces)(namespaceTitle('what others keep out of automatic choice'), () => {
  test.each([
    ['elsewhere', '80,8080-8090', '80,5000-5009,8080-8090'],
    ['a neighbour below', '4990-4999', '4990-5009'],
    ['a neighbour above', '5010', '5000-5010'],
    ['neighbours on both sides', '1-4999,5010-65535', '1-65535'],
    ['port 0 and the last port', '0,65535', '0,5000-5009,65535'],
  ])('stays in the live list when ours comes and goes: %s', async (_where, theirs, together) => {
    const { provider, setLive, live, files } = await openLab();
    setLive(theirs);
    const record = await reserve(provider, range);
    expect(live()).toBe(together);
    await provider.release(record);
    expect([live(), files()]).toEqual([theirs, []]);
  });

  test('is not repeated in our file when it is in the live list alone', async () => {
    const { provider, setLive, ownValue } = await openLab();
    setLive('8080');
    await reserve(provider, range);
    expect(ownValue()).toBe('5000-5009');
  });

  test('stays in a live list of 6,000 entries', async () => {
    const { provider, addLive, live } = await openLab();
    const list = `9001,${scattered(6000, 20_000)}`;
    addLive(list);
    expect(live()).toBe(list);
    const record = await reserve(provider, range);
    expect(live()).toBe(`5000-5009,${list}`);
    expect((await provider.survey('tcp', false)).excluded.ranges()).toHaveLength(6002);
    await provider.release(record);
    expect(live()).toBe(list);
  });

  test('is not lost when it is added at the same moment', async () => {
    const { provider, namespace, live } = await openLab();
    const list = scattered(1500, 20_000);
    const record = await reserve(provider, range);
    let busy = true;
    const other = namespace
      .run(
        `node -e "
          const fs = require('fs'), file = fs.openSync('${liveFile}', 'r+');
          for (const port of '${list}'.split(',')) fs.writeSync(file, port, 1);
        "`,
      )
      .finally(() => {
        busy = false;
      });
    const records = [record];
    for (let port = 10_000; busy; port += 2) records.push(await reserve(provider, ports(port, 1), { before: records }));
    await other;
    const ours = records.slice(1).map((item) => item.range.startPort);
    expect(live()).toBe(['5000-5009', ...ours, ...list.split(',')].join(','));
  });

  test.each([
    ['the live list', `echo 4000,5009-5020 > ${liveFile}`, liveFile, 5009],
    ['a file that is not applied yet', `echo ${key}=5003 > /etc/sysctl.d/10-a.conf`, '/etc/sysctl.d/10-a.conf', 5003],
    ['our file, by hand', `echo ${key}=5000 > ${ownFile}`, ownFile, 5000],
  ])('is refused as a reservation: in %s', async (_where, setUp, file, port) => {
    const { provider, sh, everything } = await openLab();
    sh(setUp);
    const before = everything();
    const { errorName, message, facts } = await refusal(provider.claim(claim));
    expect({ errorName, message, port: facts.port, target: facts.target }).toEqual({
      errorName: 'RangeExcluded',
      message: `tcp 5000-5009 overlaps an exclusion that somebody else made: ${file} has ${port}.`,
      port,
      target: 'tcp 5000-5009',
    });
    expect(everything()).toEqual(before);
  });

  test('is avoided by automatic choice, live or in a file that is not applied yet', async () => {
    const { provider, setLive, write, sh, namespace } = await openLab();
    setLive('8080');
    write('/etc/sysctl.d/10-a.conf', `${key} = 9000-9009`);
    const excluded = [ports(8080, 1), ports(9000)];
    expect((await provider.survey('tcp', false)).excluded.ranges()).toEqual(excluded);
    const user = await namespace.start({ userId: 65_534 });
    expect((await user.provider.survey('tcp', false)).excluded.ranges()).toEqual(excluded);
    sh('chmod 600 /etc/sysctl.d/10-a.conf');
    expect((await user.provider.survey('tcp', false)).excluded.ranges()).toEqual([ports(8080, 1)]);
  });

  test('may be held by a runtime reservation', async () => {
    const { provider, setLive, tryBind } = await openLab();
    setLive('5000-5009');
    await provider.claim({ ...claim, lifetime: 'runtime' });
    expect(await tryBind('tcp', 5000, '127.0.0.1')).toBe('EADDRINUSE');
  });

  test('is repeated as their files set it now, in the spellings that sysctl.d knows', async () => {
    const { provider, write, ownValue, sh } = await openLab();
    sh('mount -t tmpfs tmpfs /usr/lib/sysctl.d');
    write('/usr/lib/sysctl.d/10-hidden.conf', `${key} = 1`);
    write('/etc/sysctl.d/10-hidden.conf', '');
    write('/usr/lib/sysctl.d/20-plain.conf', `${key}=1000\n  ${key} =  1001 `);
    write('/etc/sysctl.d/30-slashes.conf', '-net/ipv4/ip_local_reserved_ports = 2000-2001,');
    write('/etc/sysctl.d/40-not.conf', `# ${key} = 3\n;${key} = 4\n${key}_x = 5\nnet.ipv4/ip_local_reserved_ports = 6`);
    write('/etc/sysctl.d/50-refused.conf', `${key} = 7 8`);
    write('/etc/sysctl.d/60-numbers.conf', `${key} = 010,0x1f`);
    write('/etc/sysctl.d/70-no-conf', `${key} = 9`);
    sh('mkfifo /etc/sysctl.d/80-pipe.conf; ln -s /dev/null /etc/sysctl.d/81-null.conf; mkdir /etc/sysctl.d/82.conf');
    const record = await reserve(provider, range);
    expect(ownValue()).toBe('8,31,1001,2000-2001,5000-5009');

    write('/usr/lib/sysctl.d/20-plain.conf', '');
    write('/etc/sysctl.d/90-new.conf', `${key} = 3000`);
    await provider.settle([record]);
    expect(ownValue()).toBe('8,31,2000-2001,3000,5000-5009');
  });

  test('stays when ours is released, where their file names it too', async () => {
    const { provider, write, live, files } = await openLab();
    const record = await reserve(provider, range);
    write('/etc/sysctl.d/10-a.conf', `${key} = 5008-5012`);
    await provider.settle([record]);
    await provider.release(record);
    expect([live(), files()]).toEqual(['5008-5009', ['10-a.conf']]);
  });

  test('stays in our file where it was added by hand, with other settings', async () => {
    const { provider, sh, ownValue, read, live } = await openLab();
    const record = await reserve(provider, range);
    sh(`sed -i 's/^net.*/&,7000/' ${ownFile}; echo 'vm.swappiness = 10' >> ${ownFile}`);
    const second = await reserve(provider, ports(6000), { before: [record] });
    expect(ownValue()).toBe('5000-5009,6000-6009,7000');
    await provider.release(record);
    await provider.release(second);
    expect(ownValue()).toBe('7000');
    expect(read(ownFile)).toMatch(/^vm.swappiness = 10$/m);
    expect(live()).toBe('');
  });

  test('would win over ours from a file with a later name: refused, while what is there can be released', async () => {
    const file = '/etc/sysctl.d/zzz.conf';
    const { provider, write, everything, live } = await openLab();
    const record = await reserve(provider, ports(6000));
    write(file, `${key} = 8080`);
    const before = everything();
    const { errorName, message } = await refusal(provider.claim(claim));
    expect(errorName).toBe('NotSupported');
    expect(message).toContain(`${file} sets ${key} and is applied after ${ownFile}`);
    expect(everything()).toEqual(before);
    await provider.release(record);
    expect(live()).toBe('');
  });

  test('makes the list too long for a restart: refused before anything changes', async () => {
    const { provider, write, everything } = await openLab();
    const theirs = scattered(680, 20_000);
    write('/etc/sysctl.d/10-a.conf', `${key} = ${theirs}`);
    const record = await reserve(provider, ports(10_000, 1));
    const before = everything();
    const { errorName, message } = await refusal(provider.claim(claim));
    expect([errorName, message]).toEqual([
      'NotSupported',
      `The list of reserved ports would be ${theirs.length + 16} bytes long; what sets it at a restart keeps 4092 bytes and loses the rest, since systemd does not run this system.`,
    ]);
    await expect(provider.settle([record, { ...record, range }])).rejects.toMatchObject({ errorName: 'NotSupported' });
    expect(everything()).toEqual(before);
  });

  test('may grow too long: what is reserved stays so, and can be released', async () => {
    const { provider, write, live, ownValue, files } = await openLab();
    const record = await reserve(provider, range);
    const second = await reserve(provider, ports(6000), { before: [record] });
    write('/etc/sysctl.d/10-a.conf', `${key} = ${scattered(700, 20_000)}`);
    await provider.settle([record, second]);
    await provider.release(record);
    expect([live(), ownValue()]).toEqual(['6000-6009', '6000-6009']);
    await provider.release(second);
    expect([live(), files()]).toEqual(['', ['10-a.conf']]);
  });
});
