import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../ledger/support/homes.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { portreservation } from './support.ts';

const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';
const own = '/etc/sysctl.d/zz-port-reservation.conf';

/** A machine of its own, whose list and folder have something of others already. */
async function openMachine() {
  const { run, prefix } = await openNamespace();
  const home = join(temporaryFolder(), 'home');
  const command = [process.execPath, portreservation];
  const pr = (words: string, env = `PORT_RESERVATION_HOME=${home}`) =>
    run(`${env} ${command.join(' ')} ${words} 2>&1 || echo "[$?]"`);
  await run(`mount -t tmpfs tmpfs /var/lib; echo 8080,9000-9010 > ${list}`);
  await run("echo 'net.ipv4.ip_local_reserved_ports = 7000' > /etc/sysctl.d/50-others.conf");
  const live = async () => (await run(`cat ${list}`)).trim();
  return { run, pr, home, live, prefix, command };
}

test.skipIf(noNamespaces)(namespaceTitle('uninstall gives back ours alone, and --what-if says so before'), async () => {
  const { run, pr, home, live } = await openMachine();
  await pr('new --persistent --name web --start-port 21040 --ports 3');
  await pr('exclude add 5173');
  await pr('exclude add 5174 --store active');
  writeFileSync(join(home, 'notes.txt'), 'not ours');
  const before = [await live(), await run(`cat ${own}`), readdirSync(home)];
  const foreseen = await pr('uninstall --what-if');
  expect([await live(), await run(`cat ${own}`), readdirSync(home)]).toEqual(before);
  const lines = foreseen.split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'Would remove the reservation tcp 21040-21042 "web".',
    'Would remove the exclusion tcp 5173.',
    'Would remove the exclusion tcp 5174.',
  ]);
  expect(foreseen).toContain(`Would remove ${home}/ledger.json.`);
  expect(foreseen).not.toContain('ledger that is gone');

  const done = await pr('uninstall');
  expect(done.replace(/^What is left.*\n/m, '')).toBe(foreseen.replaceAll('Would remove', 'Removed'));
  expect(await live()).toBe('8080,9000-9010');
  expect(await run('ls /etc/sysctl.d')).toBe('50-others.conf\n');
  expect(readdirSync(home)).toEqual(['notes.txt']);
  rmSync(join(home, 'notes.txt'));
  expect(await pr('uninstall')).toMatch(/^(?:Removed .*\n)*What is left is the program: see uninstall --help\.\n$/);
  expect(existsSync(home)).toBe(false);
});

test.skipIf(noNamespaces)(namespaceTitle('what a ledger left that is gone is removed by it'), async () => {
  const { run, pr, home, live } = await openMachine();
  await pr('new --persistent --start-port 21040 --ports 3');
  await pr('exclude add 5173');
  await run(`echo '# by hand' >> ${own}; echo 'vm.swappiness = 10' >> ${own}`);
  rmSync(home, { recursive: true });
  expect(await pr('get')).not.toContain('21040');
  // What root's own ledger has is none of it.
  await pr('new --persistent --name kept --start-port 22000', 'PORT_RESERVATION_HOME=');
  expect(await pr('uninstall --what-if')).toContain(
    'Would remove ports of a ledger that is gone: 5173, 21040-21042.\n',
  );
  expect(await pr('uninstall')).toContain('Removed ports of a ledger that is gone: 5173, 21040-21042.\n');
  expect(await live()).toBe('8080,9000-9010,22000');
  expect(await run(`cat ${own}`)).toContain('vm.swappiness = 10\n');
  expect(await pr('uninstall', 'PORT_RESERVATION_HOME=')).toContain('Removed the reservation tcp 22000 "kept".');
  expect(await live()).toBe('8080,9000-9010');
  expect(await run('ls /var/lib')).toBe('');
});

test.skipIf(noNamespaces)(namespaceTitle('while a process holds something, nothing is removed'), async () => {
  const { pr, home, live, prefix, command } = await openMachine();
  await pr('new --persistent --name web --start-port 21040');
  const words = [...prefix, ...command, 'exec', '--name', 'held', '--', 'sh', '-c', 'echo ready; read end'];
  const env = { ...process.env, PORT_RESERVATION_HOME: home };
  const held = spawn(words[0]!, words.slice(1), { env, stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void held.kill('SIGKILL'));
  await once(held.stdout!, 'data');
  expect(await pr('uninstall')).toMatch(
    /^portreservation: The runtime reservation tcp \d+ "held" is held by process \d+\.\n {2}End that process first; nothing was removed\.\n\[1\]\n$/,
  );
  expect(await live()).toBe('8080,9000-9010,21040');
  held.stdin!.end();
  await once(held, 'close');
  expect(await pr('uninstall')).toContain('Removed the reservation tcp 21040 "web".');
});

test.skipIf(noNamespaces)(namespaceTitle('a user removes the own folder, and nothing of the system'), async () => {
  const { run, command, live } = await openMachine();
  const home = temporaryFolder();
  await run(`chown 65534 ${home}`);
  const asUser = (words: string) =>
    run(`env -i HOME=${home} setpriv --reuid 65534 --clear-groups ${command.join(' ')} ${words} 2>&1`);
  await asUser('exec -- true');
  const folder = `${home}/.local/state/port-reservation`;
  expect(await asUser('uninstall --what-if')).toBe(`Would remove ${folder}.\n`);
  expect(await asUser('uninstall')).toContain(`Removed ${folder}.\n`);
  expect(existsSync(folder)).toBe(false);
  expect(await live()).toBe('8080,9000-9010');
});
