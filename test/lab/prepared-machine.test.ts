import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { quoted } from '../powershell/module-session.ts';
import type { Caller } from './caller.ts';
import { describeInLab, windowsPath } from './lab.ts';
import { ModuleLab } from './module.ts';
import type { Machine } from './run.ts';

const scripts = fileURLToPath(new URL('../live/prepared-machine', import.meta.url));

// They are written for a real Windows; here they are seen to run, and to find what is simulated.
describeInLab('the scripts for a prepared machine', () => {
  let lab: ModuleLab;
  let machine: Machine;
  let program: Caller;
  beforeAll(async () => {
    lab = await ModuleLab.open();
  });
  afterAll(() => lab.close());
  beforeEach(async () => {
    machine = lab.machine();
    program = await machine.caller({ elevated: true });
  });

  /** Runs each in one session: its name, and what it is given. */
  async function run(asked: string[], { elevated = true } = {}): Promise<void> {
    const session = await lab.session(machine, { elevated });
    const folder = quoted(windowsPath(machine.folder));
    for (const line of asked) {
      const [name, more = ''] = line.split(' ');
      const file = quoted(windowsPath(join(scripts, `${name}.ps1`)));
      await session.run(`
        if (-not $base) { $base = (Get-Module PortReservation).ModuleBase }
        Remove-Module PortReservation -ErrorAction Ignore
        $null = @(& ${file} -Module $base -Output ${folder} ${more} 6>&1 3>&1)
        Report @{ ran = $true }`);
    }
    await session.end();
  }
  const report = (name: string) => readFileSync(join(machine.folder, `${name}.md`), 'utf8');

  test('reboot: before and after', async () => {
    await run(['reboot']);
    await machine.reboot();
    await run(['reboot -After']);
    const text = report('reboot');
    expect(text).toMatch(/persistent reservation is there \| True/);
    expect(text).toMatch(/token is another one \| True/);
    expect(text).toMatch(/Plain bind inside \| 10013/);
    expect(text).toMatch(/Rows of the persistent exclusion \| active (\d+)-\1 \*; persistent \1-\1 \*/);
    expect(text).toMatch(/Rows of the one until the restart \| {2}\|/);
    expect(text).toMatch(/Rows after all is removed \| {2}\|/);
  });

  test('WinNAT, mirrored WSL and policies, elevated', async () => {
    await program.call('winnatTakes', 'tcp', 51_001, 100);
    await program.call('hides', 'tcp', 30_801, 1900, 10_048);
    await run(['winnat', 'mirrored-wsl', 'policies']);
    const winnat = report('winnat');
    expect(winnat).toMatch(/by size \| 1 of 100/);
    expect(winnat).toMatch(/-RestartNat \| 51002/);
    expect(winnat).toMatch(/warned of \| WinNAT was stopped/);
    expect(winnat).toMatch(/Plain bind now \| 0/);
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 1 });
    const wsl = report('mirrored-wsl-elevated');
    expect(wsl).toMatch(/30801-32700 by guests/);
    expect(wsl).toMatch(/by netsh \| 0; Ok\.[^\n]*\n\| Plain bind on it \| 10048/);
    const policies = report('policies');
    expect(policies).toMatch(/Language mode \| FullLanguage/);
    expect(policies).toMatch(/Import-Module \| loaded/);
    expect(policies).toMatch(/Get-PortExclusion \| \d+ exclusions/);
  });

  test('mirrored WSL without elevation', async () => {
    await program.call('hides', 'tcp', 30_801, 1900, 10_048);
    await run(['mirrored-wsl'], { elevated: false });
    const text = report('mirrored-wsl-ordinary');
    expect(text).toMatch(/30801-32700 by binds/);
    expect(text).toMatch(/Plain bind inside \| 10048/);
    expect(text).toMatch(/reservation inside \| RangeReserved/);
  });
});
