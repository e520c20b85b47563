import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation } from './support.ts';

const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';

async function openMachine() {
  const { run } = await openNamespace();
  const home = ownHome(onTestFinished).PORT_RESERVATION_HOME!;
  const pr = (words: string) =>
    run(`PORT_RESERVATION_HOME=${home} ${process.execPath} ${portreservation} ${words} 2>&1 || echo "[$?]"`);
  const document = join(home, 'shop.json');
  const write = (content: object) => writeFileSync(document, JSON.stringify({ name: 'shop', ...content }));
  return { run, pr, document, write, live: async () => (await run(`cat ${list}`)).trim() };
}

test.skipIf(noNamespaces)(
  namespaceTitle('what another program took from the kernel list is told as lost, by every view, until it is put back'),
  async () => {
    const { run, pr, document, write, live } = await openMachine();
    write({
      reservations: [{ protocol: 'tcp', startPort: 41_000, numberOfPorts: 2 }],
      exclusions: [{ protocol: 'tcp', startPort: 45_999 }],
    });
    expect(await pr(`apply ${document}`)).toContain('2 changed');
    expect(
      JSON.parse(await pr('new --persistent --ports 5 --start-port 40000 --name web --json')).reservations,
    ).toMatchObject([{ state: 'inForce' }]);
    expect(JSON.parse(await pr('exclude add 45173 --json')).exclusions).toMatchObject([{ state: 'inForce' }]);
    expect(JSON.parse(await pr('get --json')).reservations).toMatchObject([{ state: 'inForce' }, { state: 'inForce' }]);
    expect(await pr('test web')).toContain('is reserved.');

    await run(`echo 8080 > ${list}`);
    const lists = [JSON.parse(await pr('get --json')), JSON.parse(await pr('exclude list --protocol tcp --json'))];
    for (const { warnings } of lists)
      expect(warnings).toEqual([expect.stringContaining('lacks what is recorded: tcp 4')]);
    expect(lists[0].reservations).toMatchObject([{ state: 'lost' }, { state: 'lost' }]);
    expect(lists[1].exclusions).toMatchObject([
      { state: 'foreign', range: { startPort: 8080 } },
      { state: 'lost' },
      { state: 'lost' },
    ]);
    expect(await pr('test web')).toBe(
      'tcp 40000-40004 "web" is reserved by the record alone: the system lacks it, and may hand its ports out.\n[1]\n',
    );
    expect(await pr('status 40001')).toContain(
      'by the record alone: the system has lost it, and may hand the port out.',
    );
    expect(await pr('status 45173')).toContain(
      'the exclusion tcp 45173 of root is recorded, but the system has lost it',
    );
    expect(await pr(`apply ${document} --what-if`)).toContain(
      'Would repair reservation tcp 41000-41001: the system had lost it.\nWould repair exclusion tcp 45999: the system had lost it.\nshop: 2 to change',
    );
    const instance = JSON.stringify({ protocol: 'tcp', startPort: 45_173, numberOfPorts: 1 });
    const dsc = (operation: string) =>
      run(
        `echo '${instance}' | PORT_RESERVATION_HOME=$(dirname ${document}) ${process.execPath} ${portreservation} dsc ${operation} Exclusion 2>/dev/null`,
      );
    expect(await dsc('test')).toContain('"_inDesiredState":false');
    await dsc('set');
    expect(await dsc('test')).toContain('"_inDesiredState":true');
    expect(await live()).toContain('45173');

    await run(`echo 8080 > ${list}`);
    expect(await pr(`apply ${document}`)).toContain('shop: 2 changed');
    expect(await live()).toBe('8080,40000-40004,41000-41001,45173,45999');
    expect(await pr(`apply ${document}`)).toContain('shop: 0 changed');
    expect(await pr('get')).not.toContain('warning');
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle('the remedy of a lost reservation puts it back, and so does that of a lost exclusion'),
  async () => {
    const { run, pr, live } = await openMachine();
    await pr('new --persistent --ports 5 --start-port 40000 --name web');
    await pr('exclude add 45173-45175');
    await run(`echo > ${list}`);
    const remedyOf = async (port: number) =>
      /To change that:\n {2}portreservation (.*)\n/.exec(await pr(`status ${port}`))![1]!;
    expect(await remedyOf(40_001)).toBe('new --persistent --start-port 40000 --ports 5 --if-exists return');
    await pr(await remedyOf(40_001));
    expect(await live()).toContain('40000-40004');
    await run(`echo > ${list}`);
    expect(await remedyOf(45_174)).toBe('exclude add 45173-45175');
    await pr(await remedyOf(45_174));
    expect(await live()).toContain('45173-45175');
    expect(await pr('get')).not.toContain('warning');
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle(
    'what a file after ours takes away at the next restart is warned of, and is no drift that a change could mend',
  ),
  async () => {
    const { run, pr, document, write } = await openMachine();
    write({ exclusions: [{ protocol: 'tcp', startPort: 45_173 }] });
    await pr(`apply ${document}`);
    await run(
      "f=$(mktemp); echo 'net.ipv4.ip_local_reserved_ports = 30000-32767' > $f; mount --bind $f /etc/sysctl.conf",
    );
    const { exclusions, warnings } = JSON.parse(await pr('exclude list --own --json'));
    expect(exclusions).toMatchObject([{ state: 'lostAtBoot' }]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^At the next restart this is lost: tcp 45173\. \/etc\/sysctl\.conf sets .* is applied after/,
      ),
      expect.stringContaining('30000-32767 is new'),
    ]);
    expect(await pr('exclude add 45173')).toContain('warning: At the next restart this is lost: tcp 45173.');
    const instance = JSON.stringify({ protocol: 'tcp', startPort: 45_173, numberOfPorts: 1 });
    const home = `PORT_RESERVATION_HOME=$(dirname ${document})`;
    expect(
      await run(`echo '${instance}' | ${home} ${process.execPath} ${portreservation} dsc test Exclusion 2>/dev/null`),
    ).toContain('"_inDesiredState":true');
    expect(await pr(`apply ${document}`)).toMatch(
      /shop: 0 changed, 1 as they should be, 0 failed\.\n.*warning: At the next restart this is lost/,
    );
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle('our own file, taken away, is drift, and the next change writes it again'),
  async () => {
    const { run, pr, document, write } = await openMachine();
    write({ reservations: [{ protocol: 'tcp', startPort: 41_000 }] });
    await pr(`apply ${document}`);
    await run('rm /etc/sysctl.d/*');
    expect(JSON.parse(await pr('get --json')).reservations).toMatchObject([{ state: 'lostAtBoot' }]);
    expect(JSON.parse(await pr('exclude list --json'))).toEqual({ exclusions: [] });
    expect(await pr(`apply ${document} --what-if`)).toContain('shop: 1 to change');
    expect(await pr(`apply ${document}`)).toContain('shop: 1 changed');
    expect(await run('cat /etc/sysctl.d/*')).toContain('= 41000\n');
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle(
    'an exclusion until the next restart is made where the files cannot be written, and root is told nothing of sudo',
  ),
  async () => {
    const { run, pr, document, write, live } = await openMachine();
    await run('mount -o remount,ro /etc/sysctl.d');
    write({ reservations: [41_000, 41_001, 41_002].map((startPort) => ({ protocol: 'tcp', startPort })) });
    const said = await pr(`apply ${document}`);
    expect(said).toMatch(/^shop: 0 changed, 0 as they should be, 3 failed\.$/m);
    expect(said.match(/EROFS/g)).toHaveLength(1);
    expect(said).toContain('reservation tcp 41000 and 2 more: Cannot write to /etc/sysctl.d: EROFS.');
    const refused = await pr('exclude add 45173');
    expect(refused).toMatch(/Cannot write to \/etc\/sysctl\.d: EROFS\.\n {2}It is on a read-only file system/);
    expect(refused).not.toMatch(/sudo|as root/);
    expect(await pr('exclude add 45173 --store active')).toBe('Excluded tcp 45173.\n');
    expect(await live()).toBe('45173');
    expect(await pr('exclude remove 45173')).toBe('Removed tcp 45173.\n');
    expect(await live()).toBe('');
  },
);

test.skipIf(noNamespaces)(namespaceTitle('the file that is left names the command that made it'), async () => {
  const { run, pr } = await openMachine();
  await pr('exclude add 45173');
  const text = await run('cat /etc/sysctl.d/*');
  expect(text).toMatch(new RegExp(`^# To undo.*(?:portreservation|${portreservation})`, 'm'));
});
