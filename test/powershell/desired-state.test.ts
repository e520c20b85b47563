import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

useOwnNetwork();

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(async () => {
  await session.reset();
  await session.run('Start-PortReservationWorker -Provider Ledger; Report @{}');
});
afterAll(() => session[Symbol.asyncDispose]());

const first = 23_600;
const shop = `# the shop's ports
name: shop
reservations:
  - protocol: tcp
    startPort: ${first}
    numberOfPorts: 3
    name: web
    reason: the fr\u00f6nt end
  - { protocol: [tcp, udp], startPort: ${first + 10}, name: dns }
`;

let files = 0;
function fileOf(text: string | Uint8Array, extension = 'yaml'): string {
  const path = join(session.folder, `document ${++files}.${extension}`);
  writeFileSync(path, text);
  return path;
}

const table = (output: string) =>
  output
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line && !line.startsWith('REPORT'));

it('Import-PortReservation makes a document so, typed, and a second time changes nothing', async () => {
  const path = quoted(fileOf(`\uFEFF${shop}`));
  const { values, stdout } = await session.runWithErrors(`
    $changes = @(Import-PortReservation ${path})
    $changes
    $again = @([pscustomobject] @{ PSPath = ${path} } | Import-PortReservation)
    $web = Get-PortReservation web
    Report @{ type = $changes[0].PSTypeNames[0]; action = $changes.Action; again = $again.Action; error = $null -eq $changes[0].Error
      end = $changes[0].EndPort; reason = $web.Reason; document = $web.Document; lifetime = $web.Lifetime
      all = @(Get-PortReservation -Document shop).Count }`);
  expect(values).toEqual({
    type: 'PortReservation.Change',
    action: ['Create', 'Create', 'Create'],
    again: ['None', 'None', 'None'],
    error: true,
    end: first + 2,
    reason: 'the fr\u00f6nt end',
    document: 'shop',
    lifetime: 'Persistent',
    all: 3,
  });
  expect(table(stdout)).toEqual([
    'Action  Kind        Protocol StartPort EndPort Done  Name',
    '------  ----        -------- --------- ------- ----  ----',
    'Create  Reservation Tcp          23600   23602 True  web',
    'Create  Reservation Tcp          23610   23610 True  dns',
    'Create  Reservation Udp          23610   23610 True  dns',
  ]);
});

it('-PassThru gives the changes with -WhatIf, too', async () => {
  const path = quoted(fileOf(shop));
  const values = await session.run(`
    $changes = @(Import-PortReservation ${path} -WhatIf -PassThru)
    Report @{ actions = $changes.Action; there = @(Get-PortReservation).Count; type = $changes[0].PSTypeNames[0] }`);
  expect(values).toEqual({ actions: ['Create', 'Create', 'Create'], there: 0, type: 'PortReservation.Change' });
});

it('-WhatIf shows each change and what would fail, and changes nothing; -Prune removes', async () => {
  const before = quoted(fileOf(shop));
  const renamed = { protocol: 'tcp', startPort: first, numberOfPorts: 3, name: 'renamed' };
  const taken = { protocol: 'tcp', startPort: first + 20, name: 'taken' };
  const after = quoted(fileOf(JSON.stringify({ name: 'shop', reservations: [renamed, taken] }), 'json'));
  const { values, stdout } = await session.runWithErrors(`
    $null = Import-PortReservation ${before}
    $null = New-PortReservation -StartPort ${first + 20} -Name mine
    $given = @(Import-PortReservation ${after} -Prune -WhatIf -ErrorVariable failed -ErrorAction SilentlyContinue).Count
    $names = (Get-PortReservation).Name
    $changes = @(Import-PortReservation ${after} -Prune -ErrorVariable again -ErrorAction SilentlyContinue)
    Report @{ given = $given; failed = Get-Facts $failed; names = $names; now = (Get-PortReservation).Name; again = @($again).Count
      actions = $changes.Action; difference = $changes[2].Difference; error = $changes[3].Error }`);
  expect(values.given).toBe(0);
  expect(table(stdout).slice(0, 4)).toEqual([
    `What if: Performing the operation "Release reservation" on target "Tcp 23610 'dns'".`,
    `What if: Performing the operation "Release reservation" on target "Udp 23610 'dns'".`,
    `What if: Performing the operation "Update reservation" on target "Tcp 23600-23602 'web'".`.replace(
      'web',
      'renamed',
    ),
    `What if: Performing the operation "Create reservation" on target "Tcp 23620 'taken'".`,
  ]);
  expect(values.failed).toMatchObject([
    {
      id: 'RangeReserved,Import-PortReservation',
      category: 'ResourceExists',
      target: 'tcp 23620',
      message: expect.stringMatching(/^tcp 23620 overlaps the runtime reservation tcp 23620 "mine" /),
      action: expect.stringContaining('Choose ports outside 23620'),
    },
  ]);
  expect(values).toMatchObject({
    names: ['web', 'dns', 'mine', 'dns'],
    again: 1,
    now: ['renamed', 'mine'],
    actions: ['Release', 'Release', 'Update', 'Create'],
    difference: ['Name', 'Reason'],
    error: expect.stringMatching(/^tcp 23620 overlaps /),
  });
});

it('a wrong document gives one error with file and line, and the next is made', async () => {
  const wrong = fileOf('name: shop\nreservations:\n  - { protocol: tcp, startPort: 70000 }\n');
  const folder = join(session.folder, 'no such');
  const notText = fileOf(Buffer.from([0x6e, 0xfc]));
  const tooLong = fileOf(`name: ${' '.repeat(1024 * 1024)}x`);
  const paths = [wrong, folder, notText, tooLong, 'none:/x', fileOf(shop)].map(quoted).join(', ');
  const { failed, made } = await session.run(`
    $made = @(Import-PortReservation -Path ${paths} -ErrorVariable failed -ErrorAction SilentlyContinue).Count
    Report @{ failed = Get-Facts $failed; made = $made }`);
  expect(made).toBe(3);
  expect(failed).toMatchObject([
    {
      id: 'InvalidDocument,Import-PortReservation',
      category: 'InvalidData',
      target: wrong,
      message: `${wrong}: The document is wrong: line 3, column 22: reservations.0.startPort must be 1 to 65535.`,
      action: 'Correct the lines that the message names. Nothing was changed.',
    },
    { id: 'DocumentNotRead,Import-PortReservation', category: 'ReadError', target: folder },
    { id: 'DocumentNotRead,Import-PortReservation', message: expect.stringMatching(/: it is not valid UTF-8$/) },
    { id: 'DocumentNotRead,Import-PortReservation', message: expect.stringMatching(/a document has 1048576 at most$/) },
    { id: 'DocumentNotRead,Import-PortReservation', target: 'none:/x' },
  ]);
});

it('a document of almost 1 MiB reaches the worker, whatever its characters become in JSON', async () => {
  const path = quoted(fileOf(`${shop}#${'"'.repeat(1024 * 1024 - shop.length - 10)}\n`));
  const { made } = await session.run(`Report @{ made = @(Import-PortReservation ${path}).Count }`);
  expect(made).toBe(3);
});

it.each(['json', 'yaml'])(
  'Export-PortReservation writes .%s that changes nothing where it came from',
  async (extension) => {
    const path = join(session.folder, `exported ${++files}.${extension}`);
    const seen = await session.run(`
    $null = Import-PortReservation ${quoted(fileOf(shop))}
    [System.IO.File]::WriteAllText(${quoted(path)}, 'before')
    Export-PortReservation ${quoted(path)} -Document shop
    Report @{ actions = (Import-PortReservation ${quoted(path)} -Prune).Action }`);
    expect(seen).toEqual({ actions: ['None', 'None', 'None'] });
    const text = readFileSync(path, 'utf8');
    expect(text.startsWith(extension === 'json' ? '{\n  "name": "shop"' : 'name: shop\n')).toBe(true);
    expect(text).toContain('the fr\u00f6nt end');
  },
);

it('Export-PortReservation gives text without a path, warns of what is left out, and never leaves half a file', async () => {
  const there = fileOf('mine');
  const nowhere = join(session.folder, 'no such', 'x.yaml');
  const { failed, env, warned, text } = await session.run(`
    $null = Import-PortReservation ${quoted(fileOf(shop))}
    $null = New-PortReservation -Persistent -StartPort ${first + 30}
    $env = Export-PortReservation -Format Env -WarningVariable warned -WarningAction SilentlyContinue
    Export-PortReservation ${quoted(there)} -NoClobber -ErrorVariable failed -ErrorAction SilentlyContinue
    Export-PortReservation ${quoted(nowhere)} -ErrorVariable +failed -ErrorAction SilentlyContinue
    Export-PortReservation ${quoted(there)} -WhatIf
    Report @{ env = $env; warned = $warned; failed = Get-Facts $failed; text = [System.IO.File]::ReadAllText(${quoted(there)}) }`);
  expect(env).toBe(`WEB_PORT=23600\nWEB_PORT_RANGE=23600-23602\nDNS_PORT=23610\n`);
  expect(warned).toEqual(['tcp 23630 has no name and is left out.']);
  expect(failed).toMatchObject([
    {
      id: 'InvalidPath,Export-PortReservation',
      category: 'InvalidArgument',
      message: `Cannot write '${there}': it is there already.`,
    },
    { id: 'InvalidPath,Export-PortReservation', target: nowhere },
  ]);
  expect(text).toBe('mine');
  expect(existsSync(nowhere)).toBe(false);
  expect(readdirSync(session.folder).filter((name) => /\.[a-z0-9]{32}$/.test(name))).toEqual([]);
});

it.skipIf(noNamespaces)(namespaceTitle('exclusions are made on the real kernel'), async () => {
  const { prefix, sh } = await openNamespace();
  const worker = join(moduleFolder, 'worker', 'worker.mjs');
  const command = [...prefix, process.execPath, worker, '--stdio', '--provider', 'linux'].map(quoted).join(', ');
  const path = quoted(
    fileOf('name: dev\nexclusions:\n  - { protocol: tcp, startPort: 5173, reason: the dev server }\n'),
  );
  const live = () => sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports').trim();
  const made = await session.run(`
    Stop-PortReservationWorker
    Start-PortReservationWorker -CommandLine ${command}
    Report @{ kind = (Import-PortReservation ${path}).Kind; text = Export-PortReservation }`);
  expect(made.kind).toBe('Exclusion');
  expect(made.text).toContain(
    'exclusions:\n  - protocol: tcp\n    startPort: 5173\n    numberOfPorts: 1\n    reason: the dev server\n',
  );
  expect(live()).toBe('5173');
  const gone = quoted(fileOf('name: dev\n'));
  expect(await session.run(`Report @{ action = (Import-PortReservation ${gone} -Prune).Action }`)).toEqual({
    action: 'Release',
  });
  expect(live()).toBe('');
});
