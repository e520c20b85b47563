import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { importDesiredState } from '../../src/desired-state/import/import.ts';
import { readDesiredState } from '../../src/desired-state/read-document.ts';
import { openService } from '../../src/open-service.ts';
import type { DesiredStateImportParams } from '../../src/protocol/generated/contract.ts';
import { portreservation } from '../cli/support.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHost } from '../support/own-host.ts';
import { ownHome } from '../support/worker.ts';

async function imported(params: DesiredStateImportParams) {
  const service = await openService({ provider: 'ledger', host: ownHost() });
  onTestFinished(() => service.close());
  const { text, warnings = [] } = await importDesiredState(service, params);
  // Whatever is written, a document reads so.
  return { document: await readDesiredState(text, params.format ?? 'yaml'), warnings };
}

const both = ['tcp', 'udp'];

test('a file of sysctl.d becomes exclusions of both protocols; its last line counts, as for the kernel', async () => {
  const text =
    '# old\nnet.ipv4.ip_local_reserved_ports = 1\n-net/ipv4/ip_local_reserved_ports=8080, 9000-9002,70000,x\n';
  const { document, warnings } = await imported({ from: 'sysctl', text, document: 'shop' });
  const reason = 'foreign: net.ipv4.ip_local_reserved_ports';
  expect(document).toEqual({
    name: 'shop',
    reservations: [],
    exclusions: [
      { protocol: both, startPort: 8080, numberOfPorts: 1, reason },
      { protocol: both, startPort: 9000, numberOfPorts: 3, reason },
    ],
  });
  expect(warnings.map((one) => one.slice(0, 7))).toEqual(['"70000"', '"x" is ']);
  expect((await imported({ from: 'sysctl', text: '5000,6000-6001\n' })).document.exclusions).toHaveLength(2);
});

test("netsh's table becomes exclusions, as far as an administrator made them", async () => {
  const text = [
    'Protocol tcp Port Exclusion Ranges',
    '',
    'Start Port    End Port',
    '----------    --------',
    '      5357        5357',
    '     50000       50059     *',
    '',
    '* - Administered port exclusions.',
    'Portausschlussbereiche für das Protokoll "udp"',
    '     50000       50059     *',
    '     50010       50011     *',
  ].join('\r\n');
  const { document, warnings } = await imported({ from: 'netsh', text, format: 'json' });
  expect(document).toMatchObject({
    name: 'imported',
    exclusions: [
      { protocol: 'tcp', startPort: 50_000, numberOfPorts: 60, reason: 'foreign: netsh' },
      { protocol: 'udp', startPort: 50_000, numberOfPorts: 60 },
    ],
  });
  expect(warnings).toEqual([
    expect.stringMatching(/^tcp 5357-5357 is left out: a driver/),
    expect.stringMatching(/^udp 50010-50011 is left out: an entry before it/),
  ]);
});

test('a table becomes reservations and exclusions, and a wrong one names its lines', async () => {
  const text =
    '\uFEFFName;startport;NumberOfPorts;Protocol;Reason;Kind\r\n"a ""b""; c";21040;3;tcp,udp;"why; not";\r\n;5173;;;;exclusion\r\n';
  expect((await imported({ from: 'csv', text })).document).toMatchObject({
    reservations: [{ protocol: both, startPort: 21_040, numberOfPorts: 3, name: 'a "b"; c', reason: 'why; not' }],
    exclusions: [{ protocol: 'tcp', startPort: 5173, numberOfPorts: 1 }],
  });
  expect((await imported({ from: 'csv', text: 'Port,EndPort\n80,81\n' })).document.reservations).toMatchObject([
    { startPort: 80, numberOfPorts: 2 },
  ]);
  const wrong = 'Port,Protocol,Kind\n80,tcp,\n0,tcp,\n81,sctp,\n82,tcp,socket\n';
  await expect(imported({ from: 'csv', text: wrong })).rejects.toMatchObject({
    errors: [
      { field: 'StartPort', line: 3 },
      { field: 'Protocol', line: 4 },
      { field: 'Kind', line: 5 },
    ],
  });
  await expect(imported({ from: 'csv', text: 'Name\nweb\n' })).rejects.toMatchObject({
    errors: [{ field: 'the table' }],
  });
});

test('reserved urls are told and in no document, since HTTP.sys is refused such ports', async () => {
  const text =
    '    Reserved URL            : http://+:8080/app/ \n Reservierte URL : https://*:443/x/\n Reserved URL : http://+/\n';
  const { document, warnings } = await imported({ from: 'urlacl', text });
  expect(document).toEqual({ name: 'imported', reservations: [], exclusions: [] });
  expect(warnings.map((one) => one.split(' is')[0])).toEqual(['tcp 8080', 'tcp 443', 'tcp 80']);
});

test('what this machine has not is refused, with what to do', async () => {
  await expect(imported({ from: 'netsh' })).rejects.toMatchObject({ errorName: 'NotSupported' });
});

const title = 'what listens, and what others have excluded, becomes a document that changes nothing of it';

test.skipIf(noNamespaces)(namespaceTitle(title), async () => {
  const { run, prefix } = await openNamespace();
  const server = "require('node:net').createServer().listen(41000, () => console.log('listens'))";
  const [program, ...words] = [...prefix, process.execPath, '-e', server];
  const listener = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void listener.kill());
  await once(listener.stdout, 'data');
  const home = ownHome(onTestFinished).PORT_RESERVATION_HOME!;
  const pr = (line: string) => run(`PORT_RESERVATION_HOME=${home} ${process.execPath} ${portreservation} ${line}`);
  await run("echo 'net.ipv4.ip_local_reserved_ports = 7000-7003' > /etc/sysctl.d/50-o.conf");
  const listeners = await pr('import --from listeners --document shop');
  expect(parse(listeners).reservations).toEqual([
    {
      protocol: 'tcp',
      startPort: 41_000,
      numberOfPorts: 1,
      name: 'node',
      reason: 'foreign: node listens here',
      inUse: 'allow',
    },
  ]);
  const excluded = await pr('import --from sysctl --document others');
  expect(parse(excluded).exclusions).toEqual([
    { protocol: both, startPort: 7000, numberOfPorts: 4, reason: 'foreign: /etc/sysctl.d/50-o.conf' },
  ]);
  const file = join(home, 'doc.yaml');
  writeFileSync(file, listeners);
  expect(await pr(`apply ${file}`)).toContain('shop: 1 changed, 0 as they should be, 0 failed.');
  expect(parse(await pr('import --from listeners')).reservations).toEqual([]);
  writeFileSync(file, excluded);
  expect(await pr(`apply ${file}`)).toContain('others: 0 changed, 2 as they should be, 0 failed.');
  expect(parse(await pr('import --from csv - <<END\nPort\n80\nEND\n')).reservations).toMatchObject([{ startPort: 80 }]);
});
