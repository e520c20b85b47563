import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';

const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';
const server = "require('node:net').createServer().listen(41000, () => console.log('listens'))";
const web = { protocol: 'tcp', startPort: 41_000, numberOfPorts: 2, name: 'web' };

/** A machine on which a service listens on 41000 since before anybody asked for it. */
async function openMachine() {
  const { run, prefix } = await openNamespace();
  const home = ownHome(onTestFinished).PORT_RESERVATION_HOME!;
  const [program, ...words] = [...prefix, process.execPath, '-e', server];
  const service = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void service.kill());
  await once(service.stdout, 'data');
  const env = `PORT_RESERVATION_HOME=${home}`;
  const pr = (line: string) => run(`${env} ${process.execPath} ${portreservation} ${line} 2>&1 || echo "[$?]"`);
  const apply = (reservation: object | undefined, more = '', rest = {}) => {
    const file = join(home, 'shop.json');
    writeFileSync(file, JSON.stringify({ name: 'shop', reservations: reservation ? [reservation] : [], ...rest }));
    return pr(`apply ${file} --detailed-exitcode ${more}`);
  };
  const live = async () => (await run(`cat ${list}`)).trim();
  return { run, pr, apply, env, live, isServed: () => run("ss -Hltn | grep -c ':41000 '") };
}

test.skipIf(noNamespaces)(
  namespaceTitle(
    'a document reserves what its very service has already, where it says so, and the record says it, too',
  ),
  async () => {
    const { pr, apply, live, isServed } = await openMachine();
    expect(await apply({ ...web, inUse: 'refuse' })).toMatch(
      /tcp 41000 is in use\. .* say inUse: allow if it is for what has the port, or make it an exclusion, .*\n[\s\S]*\[1\]/,
    );
    expect(await live()).toBe('');
    const allowed = { ...web, inUse: 'allow' };
    expect(await apply(allowed, '--what-if')).toMatch(/^Would create reservation tcp 41000-41001 "web"\.[\s\S]*\[2\]/);
    expect(await live()).toBe('');
    expect(await apply(allowed)).toMatch(/^Created [\s\S]*\[2\]/);
    expect([await live(), await isServed()]).toEqual(['41000-41001', '1\n']);
    expect(JSON.parse(await pr('get --json')).reservations).toMatchObject([{ state: 'inForce', inUse: 'allow' }]);
    // Once it is there, it is as it should be either way.
    for (const same of [allowed, web]) expect(await apply(same)).toMatch(/^shop: 0 changed, 1 as they should be/);
    expect(await pr('export')).toContain('inUse: allow');
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle('the command line and DSC do so as well, and elsewhere the words are refused'),
  async () => {
    const { run, pr, env, live } = await openMachine();
    expect(await pr('new --persistent --start-port 41000')).toContain('tcp 41000 is in use.');
    expect(await pr('new --persistent --start-port 41000 --allow-in-use --json')).toContain('"inUse":"allow"');
    await pr('remove 41000');
    expect(await pr('new --persistent --allow-in-use')).toContain(
      '--allow-in-use goes with --persistent and --start-port',
    );
    const dsc = (operation: string, inUse: object) => {
      const instance = JSON.stringify({ protocol: 'tcp', startPort: 41_000, numberOfPorts: 1, ...inUse });
      return run(
        `echo '${instance}' | ${env} ${process.execPath} ${portreservation} dsc ${operation} Reservation 2>&1 || true`,
      );
    };
    expect(await dsc('set', {})).toContain('PortInUse');
    expect([await live(), await dsc('set', { inUse: 'allow' }), await live()]).toEqual([
      '',
      expect.stringContaining('"inUse":"allow"'),
      '41000',
    ]);
    expect(await dsc('test', { inUse: 'allow' })).toContain('"_inDesiredState":true');
    expect(await dsc('test', {})).toContain('"_inDesiredState":true');
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle('a reservation comes in place of an exclusion where the port is in use, too'),
  async () => {
    const { apply, live } = await openMachine();
    await apply({ ...web, numberOfPorts: 1 }, '--prune'); // refused
    const exclusion = { exclusions: [{ protocol: 'tcp', startPort: 41_000 }] };
    expect(await apply(undefined, '', exclusion)).toContain('Created exclusion tcp 41000.');
    expect(await apply({ ...web, inUse: 'allow' })).toMatch(/Released exclusion tcp 41000\.\nCreated reservation/);
    expect(await live()).toBe('41000-41001');
  },
);
