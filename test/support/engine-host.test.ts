import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPowerShell, runPowerShell } from './powershell.ts';

// What is said here is true of pwsh, too; on a machine that has it, these tests run on it.
const { kind } = await findPowerShell();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-host-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe(`output of ${kind}`, () => {
  it('is a table where an object has up to four properties', async () => {
    const { stdout } = await runPowerShell('foreach ($n in 1, 20) { [pscustomobject]@{ Port = $n; Name = "n$n" } }');
    expect(lines(stdout)).toEqual(['', 'Port Name', '---- ----', '   1 n1', '  20 n20', '']);
  });

  it('is a list where it has more', async () => {
    const { stdout } = await runPowerShell('[pscustomobject]@{ A = 1; B = 2; C = 3; D = 4; Long = 5 }');
    expect(lines(stdout)).toEqual(['', 'A    : 1', 'B    : 2', 'C    : 3', 'D    : 4', 'Long : 5', '']);
  });

  it('follows the views of a module found on PSModulePath', async () => {
    await writeSampleModule(join(folder, 'modules', 'Sample'));
    const { stdout } = await runPowerShell('Get-Sample', { env: { PSModulePath: join(folder, 'modules') } });
    expect(lines(stdout)).toEqual(['', 'Number of the port : 8', '']);
  });

  it('has no colours and fits 120 columns where there is no terminal', async () => {
    const wide = 'Get-Command Get-Nothing; [pscustomobject]@{ Text = "x" * 500 }';
    const { stdout, stderr } = await runPowerShell(wide, { env: { COLUMNS: undefined } });
    expect(stdout + stderr).not.toContain('\u001b');
    const width = Math.max(...lines(stdout).map((line) => line.length));
    expect(width).toBeLessThanOrEqual(120);
    expect(width).toBeGreaterThanOrEqual(119); // pwsh may keep the last column free
  });

  it('is UTF-8 without a byte order mark', async () => {
    const { stdout } = await runPowerShell("'é → 漢 🙂'");
    expect(lines(stdout)).toEqual(['é → 漢 🙂']);
  });

  it('has warnings, verbose messages and information, each with its preference, on standard output', async () => {
    const f = 'function f { [CmdletBinding()] param() $PSCmdlet.WriteWarning("w"); $PSCmdlet.WriteVerbose("v")';
    const { stdout, stderr } = await runPowerShell(
      `${f}; $PSCmdlet.WriteInformation("i", @()); 'out' }; f; f -Verbose -InformationAction Continue`,
    );
    expect(lines(stdout)).toEqual(['WARNING: w', 'out', 'WARNING: w', 'VERBOSE: v', 'i', 'out']);
    expect(stderr).toBe('');
  });
});

describe(`errors of ${kind}`, () => {
  it('stand on standard error with file, line and message', async () => {
    const { stdout, stderr } = await runPowerShell(await writeScript('fails.ps1', "'before'\nthrow 'no such luck'\n"));
    expect(lines(stdout)).toEqual(['before']);
    expect(stderr).toMatch(/^Exception: .*fails\.ps1:2\r?\nLine \|\r?\n +2 \| +throw 'no such luck'/);
    expect(stderr).toMatch(/\| no such luck\r?\n$/);
  });

  it('do not end a script when they are not terminating', async () => {
    const { stdout, stderr } = await runPowerShell('Get-Command Get-Nothing; "after"');
    expect(lines(stdout)).toEqual(['after']);
    expect(stderr).toContain("The term 'Get-Nothing' is not recognized");
  });

  it('name what the parser expected', async () => {
    const { stderr, exitCode } = await runPowerShell('1 + )');
    expect(stderr).toContain('ParserError');
    expect(stderr).toContain('You must provide a value expression');
    expect(exitCode).toBe(1);
  });

  it('come from -Confirm when nobody can be asked, and nothing is done', async () => {
    const f =
      'function f { [CmdletBinding(SupportsShouldProcess)] param() if ($PSCmdlet.ShouldProcess("it")) { "done" } }';
    const { stdout, stderr } = await runPowerShell(`${f}; f -WhatIf; f -Confirm; f`);
    expect(lines(stdout)).toEqual(['What if: Performing the operation "f" on target "it".', 'done']);
    expect(stderr).toContain('NonInteractive');
  });
});

describe(`exit code of ${kind}`, () => {
  it.each([
    ['0 after success', '1', 0],
    ['1 when the last command wrote an error', 'Get-Command Get-Nothing', 1],
    ['0 when the command after an error succeeded', 'Get-Command Get-Nothing; 1', 0],
    ['1 when the last program failed', `& '${process.execPath}' -e 'process.exit(4)'`, 1],
    ['1 after a throw', 'throw "x"', 1],
    ['that of exit, also from a function', 'function f { exit 3 }; f; "not here"', 3],
  ])('of -Command is %s', async (_, text, code) => {
    const { stdout, exitCode } = await runPowerShell(text);
    expect(exitCode).toBe(code);
    expect(stdout).not.toContain('not here');
  });

  it.each([
    ['0 also after an error that is not terminating', 'Get-Command Get-Nothing', 0],
    ['0 after a program that failed', `& '${process.execPath}' -e 'process.exit(4)'`, 0],
    ['1 after a throw', 'throw "x"', 1],
    ['that of exit', 'exit 3', 3],
  ])('of -File is %s', async (_, text, code) => {
    expect((await runPowerShell(await writeScript('exits.ps1', text))).exitCode).toBe(code);
  });

  it('is 64 when there is no such file', async () => {
    const { stderr, exitCode } = await runPowerShell({ file: join(folder, 'missing.ps1') });
    expect(exitCode).toBe(64);
    expect(stderr).toContain(`The argument '${join(folder, 'missing.ps1')}' is not recognized`);
  });
});

describe(`arguments of ${kind}`, () => {
  const parameters = 'param([string] $Name, [switch] $On, [int[]] $Ports, [switch] $Off = $true)\n';
  const report = '"$Name|$On|$($Ports -join "+")|$Off|$args"';

  it.each([
    [['-Name', 'a b', '-On', '-Ports', '7'], 'a b|True|7|True|'],
    [['-Name:x', '-On:$false', '-Off:false'], 'x|False||False|'],
    [['-Name:', '-x'], '-x|False||True|'],
    [['positional', '7', 'rest'], 'positional|False|7|True|rest'],
  ])('bind %j to the parameters of a file', async (args, expected) => {
    const { stdout, stderr } = await runPowerShell(await writeScript('takes.ps1', parameters + report), { args });
    expect(stderr).toBe('');
    expect(lines(stdout)).toEqual([expected]);
  });

  it('give $input the lines of standard input', async () => {
    const { stdout } = await runPowerShell('$input | ForEach-Object { "<$_>" }', { stdin: 'a\né\n' });
    expect(lines(stdout)).toEqual(['<a>', '<é>']);
  });
});

describe(`statements that ${kind} reads from standard input`, () => {
  it.each([
    ['run line by line, longer ones up to an empty line', "if (1) {\n'in'\n}\n\n'next'\n", ['in', 'next'], 0],
    ['go on after a throw', "throw 'x'\n'after'\n", ['after'], 0],
    ['end with exit', "'one'\nexit 9\n'two'\n", ['one'], 9],
    ['end with the success of the last', "'one'\nGet-Command Get-Nothing\n", ['one'], 1],
  ])('%s', async (_, stdin, output, code) => {
    const { stdout, exitCode } = await runPowerShell('-', { stdin });
    expect(lines(stdout)).toEqual(output);
    expect(exitCode).toBe(code);
  });
});

it.skipIf(kind === 'pwsh')(
  'the engine host tells what is missing in text that stops short (skipped on pwsh)',
  async () => {
    const { stderr, exitCode } = await runPowerShell('if (1) {');
    expect(stderr).toContain("Missing closing '}'");
    expect(exitCode).toBe(1);
  },
);

it.skipIf(kind === 'pwsh')(
  'the engine host has the Core commands alone (skipped on pwsh, which has more)',
  async () => {
    const { stdout } = await runPowerShell('(Get-Command -CommandType Cmdlet).ForEach("Source")');
    expect(new Set(lines(stdout))).toEqual(new Set(['Microsoft.PowerShell.Core']));
  },
);

function lines(text: string): string[] {
  const all = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return all.map((line) => line.trimEnd());
}

async function writeScript(name: string, text: string): Promise<{ file: string }> {
  const file = join(folder, name);
  await writeFile(file, text);
  return { file };
}

async function writeSampleModule(place: string): Promise<void> {
  const manifest = "@{ ModuleVersion = '1.0'; RootModule = 'Sample.psm1'; FunctionsToExport = 'Get-Sample'";
  const list = '<ListItem><Label>Number of the port</Label><PropertyName>Port</PropertyName></ListItem>';
  const view = `<ViewSelectedBy><TypeName>Sample</TypeName></ViewSelectedBy><ListControl><ListEntries><ListEntry>
    <ListItems>${list}</ListItems></ListEntry></ListEntries></ListControl>`;
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'Sample.psd1'), `${manifest}; FormatsToProcess = 'Sample.Format.ps1xml' }`);
  await writeFile(
    join(place, 'Sample.psm1'),
    "function Get-Sample { [pscustomobject]@{ PSTypeName = 'Sample'; Port = 8 } }",
  );
  await writeFile(
    join(place, 'Sample.Format.ps1xml'),
    `<Configuration><ViewDefinitions><View><Name>list</Name>${view}</View></ViewDefinitions></Configuration>`,
  );
}
