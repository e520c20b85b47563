import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { packageVersion } from '../../src/protocol/generated/contract.ts';
import { moduleFolder, quoted } from '../powershell/module-session.ts';
import { runPowerShell } from '../support/powershell.ts';
import { ownHome } from '../support/worker.ts';
import { missing } from './support.ts';

const module = join(import.meta.dirname, '../../ansible/plugins/modules/win_desired_state.ps1');

interface Result {
  changed: boolean;
  failed?: boolean;
  msg?: string;
  version?: string;
  changes?: { action: string; protocol: string; range: { startPort: number; numberOfPorts: number }; error?: object }[];
}

/** A value as PowerShell has it after Ansible has sent it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `@(${value.map(literal).join(', ')})`;
  if (typeof value === 'object' && value !== null) {
    return `@{ ${Object.entries(value)
      .map(([key, one]) => `${quoted(key)} = ${literal(one)}`)
      .join('; ')} }`;
  }
  if (typeof value === 'boolean') return value ? '$true' : '$false';
  return typeof value === 'number' ? String(value) : quoted(String(value));
}

/** Where Ansible keeps what it sends to Windows along with a module. */
const utilities = missing
  ? ''
  : execFileSync('/usr/bin/python3', ['-c', 'import ansible.module_utils as it; print(it.__path__[0])'], {
      encoding: 'utf8',
    }).trim();

interface Run {
  args: object;
  check?: boolean;
  home?: string;
}

/** Runs the module as Ansible's wrapper does, with the real Ansible.Basic, on the PowerShell of this system. */
async function runEach(...runs: Run[]): Promise<Result[]> {
  const tmp = mkdtempSync(join(tmpdir(), 'port-reservation-win-'));
  onTestFinished(() => rmSync(tmp, { recursive: true, force: true }));
  const tasks = runs.map(({ args, check = false, home = ownHome(onTestFinished).PORT_RESERVATION_HOME! }) => ({
    home,
    provider: 'ledger',
    module: moduleFolder,
    ...args,
    _ansible_check_mode: check,
    // Where it makes one by itself it needs what only Windows has.
    _ansible_tmpdir: tmp,
    _ansible_module_name: 'win_desired_state',
  }));
  const { stdout, stderr } = await runPowerShell(`
    Import-Module ${quoted(join(utilities, 'powershell/Ansible.ModuleUtils.AddType.psm1'))}
    Add-CSharpType -References @([System.IO.File]::ReadAllText(${quoted(join(utilities, 'csharp/Ansible.Basic.cs'))}))
    # Else the first one ends PowerShell.
    [Ansible.Basic.AnsibleModule]::Exit = { param([int] $Code) throw 'ended' }
    $script = [ScriptBlock]::Create([System.IO.File]::ReadAllText(${quoted(module)}))
    foreach ($complex_args in ${literal(tasks)}) {
      try { & $script } catch { if ("$_" -notmatch 'ended') { throw } }
    }`);
  const results = stdout.split('\n').filter((line) => line.startsWith('{'));
  if (results.length !== runs.length) throw new Error(`not ${runs.length} results: ${stdout}${stderr}`);
  return results.map((line) => JSON.parse(line));
}

const web = { protocol: 'tcp', startPort: '22970', numberOfPorts: 2, name: 'web', reason: 'für 🚢' };
const shop = { document: { name: 'shop', reservations: [web, { protocol: ['tcp', 'udp'], startPort: 22_980 }] } };
const actions = ({ changes }: Result) => changes!.map(({ action, protocol }) => `${action} ${protocol}`);

describe.skipIf(missing)(`the module for Windows, on the PowerShell of this system${missing}`, () => {
  test('makes a document so once, and says before what it would do', async () => {
    const home = ownHome(onTestFinished).PORT_RESERVATION_HOME!;
    const [foreseen, made, again, pruned] = await runEach(
      { args: shop, check: true, home },
      { args: shop, home },
      { args: shop, home },
      { args: { document: { name: 'shop' }, prune: true }, home },
    );
    const created = ['create tcp', 'create tcp', 'create udp'];
    expect([foreseen!.changed, ...actions(foreseen!)]).toEqual([true, ...created]);
    expect([made!.changed, ...actions(made!)]).toEqual([true, ...created]);
    expect([foreseen, made].map((one) => one!.version)).toEqual([packageVersion, packageVersion]);
    expect(made!.changes![0]).toEqual({
      action: 'create',
      kind: 'reservation',
      protocol: 'tcp',
      range: { startPort: 22_970, numberOfPorts: 2 },
      name: 'web',
    });
    expect([again!.changed, ...actions(again!)]).toEqual([false, 'none tcp', 'none tcp', 'none udp']);
    expect([pruned!.changed, ...actions(pruned!)]).toEqual([true, 'release tcp', 'release tcp', 'release udp']);
  });

  test('fails with what is in the way, in check mode too, and does the rest', async () => {
    const home = ownHome(onTestFinished).PORT_RESERVATION_HOME!;
    const other = { document: { name: 'other', reservations: [{ protocol: 'tcp', startPort: 22_971 }] } };
    const [, foreseen, made] = await runEach(
      { args: other, home },
      { args: shop, check: true, home },
      { args: shop, home },
    );
    for (const { failed, changed, msg, changes } of [foreseen!, made!]) {
      expect([failed, changed]).toEqual([true, true]);
      expect(msg).toMatch(/^tcp 22970-22971 overlaps the persistent reservation tcp 22971 .*"other"/);
      expect(changes!.map(({ error }) => error !== undefined)).toEqual([true, false, false]);
    }
  });

  test('says what is wrong', async () => {
    const icmp = { protocol: 'icmp', startPort: 1 };
    const wrong: [object, RegExp][] = [
      [{ document: { name: 'shop', reservations: [web, icmp] } }, /reservations\.1\.protocol /],
      [{ src: '/no/such/ports.yaml' }, /no\/such\/ports\.yaml/],
      [{ ...shop, src: 'ports.yaml' }, /mutually exclusive/],
      [{ ...shop, module: 'NoSuchModule' }, /'NoSuchModule' cannot be imported/],
      [{ ...shop, home: 'here' }, /PORT_RESERVATION_HOME is "here"/],
    ];
    const results = await runEach(...wrong.map(([args]) => ({ args })));
    for (const [index, { failed, changed, msg }] of results.entries()) {
      expect([failed, changed]).toEqual([true, false]);
      expect(msg).toMatch(wrong[index]![1]);
    }
  });
});
