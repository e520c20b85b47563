import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { bootTools } from '../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';

const key = 'net.ipv4.ip_local_reserved_ports';
const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';
const ownFile = '/etc/sysctl.d/zz-port-reservation.conf';

/** A machine whose whole /etc may be changed, with the document applied on it by the command line. */
async function openMachine() {
  const { run } = await openNamespace();
  await run(`mount -t tmpfs tmpfs /mnt; mkdir /mnt/up /mnt/work
    mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work /etc; mount -t tmpfs tmpfs /etc/sysctl.d`);
  const home = ownHome(onTestFinished).PORT_RESERVATION_HOME!;
  const pr = (words: string) =>
    run(`PORT_RESERVATION_HOME=${home} ${process.execPath} ${portreservation} ${words} 2>&1 || echo "[$?]"`);
  const document = join(home, 'shop.json');
  writeFileSync(
    document,
    JSON.stringify({ name: 'shop', reservations: [{ protocol: 'tcp', startPort: 41_000, numberOfPorts: 2 }] }),
  );
  const apply = (words = '') => pr(`apply ${document} --detailed-exitcode ${words}`);
  const set = (file: string, ports: string) => run(`echo '${key} = ${ports}' > ${file}`);
  const ownValue = async () => (await run(`sed -n 's/^${key} = //p' ${ownFile}`)).trim();
  const live = async () => (await run(`cat ${list}`)).trim();
  return { run, pr, apply, set, ownValue, live };
}

const title = (text: string) => namespaceTitle(`files of others: ${text}`);

test.skipIf(noNamespaces)(
  title('what changes in them is foreseen, told, repeated by each apply, and there after a restart'),
  async () => {
    const { run, pr, apply, set, ownValue, live } = await openMachine();
    await set('/etc/sysctl.d/50-o.conf', '7000-7003');
    expect(await apply()).toContain('[2]');
    expect([await apply(), await ownValue()]).toEqual([expect.not.stringContaining('['), '7000-7003,41000-41001']);
    await set('/etc/sysctl.d/50-o.conf', '7002-7003,7100');
    const before = /repeats them as they were: 7100 is new, and 7000-7001 is gone\. The next change repeats them/;
    expect(await pr('get')).toMatch(before);
    expect(await apply('--what-if')).toMatch(new RegExp(`${before.source}(?:.|\\n)*\\[2\\]`));
    expect(await ownValue()).toBe('7000-7003,41000-41001');
    const told = await apply();
    expect(told).toMatch(/repeats them as they are now: 7100 is new, and 7000-7001 is gone\.\n\[2\]/);
    expect([await apply(), await ownValue()]).toEqual([
      expect.not.stringContaining('repeats'),
      '7002-7003,7100,41000-41001',
    ]);
    for (const tool of bootTools) {
      await run(`echo > ${list}; ${tool} >/dev/null`);
      expect(await live()).toBe('7002-7003,7100,41000-41001');
    }
  },
);

test.skipIf(noNamespaces)(title('what a unit runs at boot repeats them without the ledger, and says so'), async () => {
  const { run, pr, apply, set, ownValue } = await openMachine();
  expect([await pr('settle --list'), await run('ls /etc/sysctl.d')]).toEqual(['', '']);
  await apply();
  await set('/etc/sysctl.d/50-o.conf', '7100');
  const without = `PORT_RESERVATION_HOME=/nowhere ${process.execPath} ${portreservation}`;
  expect(await run(`${without} settle --list --json`)).toContain('"added":[{"startPort":7100,"numberOfPorts":1}]');
  expect(await ownValue()).toBe('7100,41000-41001');
  expect(await run(`${without} settle --list`)).toBe('');
});

test.skipIf(noNamespaces)(
  title('a line in /etc/sysctl.conf warns of what a restart does, and is moved where that is asked for'),
  async () => {
    const { run, pr, apply, set, ownValue, live } = await openMachine();
    await run('echo "vm.swappiness = 10" > /etc/sysctl.conf; chmod 640 /etc/sysctl.conf');
    await run(`echo '${key} = 9000-9001' >> /etc/sysctl.conf`);
    for (const words of ['--what-if', '']) {
      expect(await apply(words)).toMatch(
        /1 (?:to change|changed), .*\n.*warning: \/etc\/sysctl\.conf sets .* is applied after .* hand out what is reserved .*\n\[2\]/,
      );
    }
    expect(await live()).toBe('41000-41001');
    expect(await apply()).toMatch(
      /0 changed, .*\n.*warning: At the next restart this is lost: tcp 41000-41001\. [^[]*$/,
    );
    // systemd reads that file before ours, or not at all.
    await run('mkdir -p /run/systemd/system');
    expect(await pr('new --persistent --start-port 42000')).toMatch(
      /after it, so nothing is lost; whoever runs `sysctl -p`/,
    );
    expect(JSON.parse(await pr('get --json')).reservations).toMatchObject([{ state: 'inForce' }, { state: 'inForce' }]);
    await run('rm -r /run/systemd');

    const moved = 'the line of /etc/sysctl.conf to /etc/sysctl.d/60-ip-local-reserved-ports.conf.';
    expect(await apply('--move-sysctl-conf --what-if')).toContain(`Would move ${moved}`);
    expect(await run('ls /etc/sysctl.d')).not.toContain('60-');
    expect(await apply('--move-sysctl-conf')).toMatch(/^Moved the line[\s\S]*0 changed[\s\S]*\[2\]/);
    expect(await apply('--move-sysctl-conf')).toBe('shop: 0 changed, 1 as they should be, 0 failed.\n');
    expect(await run('cat /etc/sysctl.conf; stat -c %a /etc/sysctl.conf')).toBe(
      `vm.swappiness = 10\n# Moved to /etc/sysctl.d/60-ip-local-reserved-ports.conf: ${key} = 9000-9001\n640\n`,
    );
    expect([await run('cat /etc/sysctl.d/60-*'), await ownValue()]).toEqual([
      `# Moved from /etc/sysctl.conf by PortReservation.\n${key} = 9000-9001\n`,
      '9000-9001,41000-41001,42000',
    ]);
    for (const tool of bootTools) {
      await run(`echo > ${list}; ${tool} >/dev/null`);
      expect(await live()).toBe('9000-9001,41000-41001,42000');
    }
    // Another tool puts its line back: both stay, also in a file that cannot be renamed over.
    await run(
      `cp /etc/sysctl.conf /mnt/c; mount --bind /mnt/c /etc/sysctl.conf; echo '${key} = 9100' >> /etc/sysctl.conf`,
    );
    await apply('--move-sysctl-conf');
    expect([await ownValue(), await run('grep -c ^net /etc/sysctl.conf || true')]).toEqual([
      '9000-9001,9100,41000-41001,42000',
      '0\n',
    ]);
    await set('/etc/sysctl.d/zzz.conf', '1');
    expect(await pr('new --persistent --start-port 42001')).toContain('/etc/sysctl.d/zzz.conf sets');
  },
);
