import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { startSituation } from '../kernel/inspect/support/situation.ts';
import { expectGolden } from '../support/golden.ts';
import { ModuleSession, quoted } from './module-session.ts';

useOwnNetwork();
let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start({
    env: { COLUMNS: '81', NO_COLOR: undefined, LANG: 'C.UTF-8', LC_ALL: undefined },
  });
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

const inFolder = (name: string) => join(session.folder, name);

/** What the script wrote, without its report. */
async function shown(script: string): Promise<string> {
  const { stdout, stderr } = await session.runWithErrors(`${script}\nReport @{}`);
  expect(stderr).toBe('');
  return stdout.replaceAll('\r', '').replace(/^REPORT .*\n/m, '');
}

describe.skipIf(lacking.root)(`the map of a machine${lacking.root}`, () => {
  it.each([
    ['port-map', ''],
    ['port-map-plain', ' -Plain -Width 60'],
  ])('reads as the golden text %s does', async (name, options) => {
    execFileSync('sysctl', ['-qw', 'net.ipv4.ip_local_port_range=32768 60999']);
    await startSituation('tcp', '0.0.0.0', 21_080);
    const text = await shown(`
      $held = New-PortReservation -StartPort 21040 -NumberOfPorts 10 -Name web -Reason 'the front end'
      Show-PortMap${options}`);
    const named = text.replace(/runtime of \w+, process \d+/, 'runtime of USER, process WORKER');
    expectGolden(named, new URL(`golden/${name}.txt`, import.meta.url));
  });

  it('of udp comes by name from the pipeline, as strings', async () => {
    await startSituation('udp', '127.0.0.1', 21_081);
    const seen = await session.run(`
      $lines = @([pscustomobject] @{ Protocol = 'Udp' } | Show-PortMap -Plain)
      Report @{ types = @($lines.ForEach({ $_.GetType().Name }) | Where-Object { $_ -ne 'String' }).Count
        first = $lines[0]; found = @($lines -match '21081 python3').Count }`);
    expect(seen).toEqual({ types: 0, first: ' All UDP ports  dynamic range 32768-60999', found: 1 });
  });
});

describe('the page', () => {
  it('is of both protocols, by the extension of its file, with the port ringed', async () => {
    const file = inFolder('ports.html');
    const seen = await session.run(`
      $written = @(Show-PortMap -Path ${quoted(file)} -Port 5173 -Caption 'lab 7' -PassThru)
      $drawn = @(Show-PortMap -Port 5173 -Layout Folded -Plain) -join "\`n"
      Report @{ files = $written.Count; drawn = $drawn }`);
    expect(seen).toMatchObject({ files: 1, drawn: expect.stringMatching(/^ @ 5173 /m) });
    const page = readFileSync(file, 'utf8');
    expect(page).toMatch(/value="1"> UDP/);
    expect(page).toContain('lab 7');
    expect(page).toContain('"ring":[5173]');
    rmSync(file);
  });

  it('and a card is a picture of 1200 by 600', async () => {
    const file = inFolder('card.svg');
    await session.run(`Show-PortMap -Path ${quoted(file)} -Card; Report @{}`);
    expect(readFileSync(file, 'utf8')).toContain('viewBox="0 0 1200 600"');
    rmSync(file);
  });
});

describe('the picture', () => {
  it('is an XML document of the map, written in one step, and nothing is shown', async () => {
    const file = inFolder('map [1].svg');
    const text = await shown(`Show-PortMap -Path ${quoted(file)}`);
    expect(text).toBe('');
    const seen = await session.run(`
      $again = Show-PortMap Udp -Path ${quoted(file)} -PassThru
      $xml = [xml] [System.IO.File]::ReadAllText(${quoted(file)})
      Report @{ type = $again.GetType().Name; name = $again.FullName; root = $xml.DocumentElement.LocalName
        title = $xml.svg.title.'#text'; first = [System.IO.File]::ReadAllBytes(${quoted(file)})[0] }`);
    expect(seen).toEqual({ type: 'FileInfo', name: file, root: 'svg', title: 'All UDP ports', first: '60' });
    expect(readdirSync(session.folder).filter((name) => name.includes('svg'))).toEqual(['map [1].svg']);
  });

  it('is not written with -WhatIf', async () => {
    const file = inFolder('never.svg');
    await session.run(`Show-PortMap -Path ${quoted(file)} -WhatIf; Report @{}`);
    expect(readdirSync(session.folder)).not.toContain('never.svg');
  });

  it('is refused where there is no place for a file', async () => {
    mkdirSync(inFolder('folder'), { recursive: true });
    const paths = ['folder', 'missing/map.svg', '/dev/null', 'env:/map', 'nowhere:/map.svg'];
    const { failed } = await session.run(`
      foreach ($path in ${paths.map((path) => quoted(path.startsWith('folder') || path.startsWith('missing') ? inFolder(path) : path)).join(', ')}) {
        Show-PortMap -Path $path -ErrorVariable +failed -ErrorAction SilentlyContinue
      }
      Report @{ failed = Get-Facts $failed }`);
    expect(failed.map(({ id }: { id: string }) => id)).toEqual(paths.map(() => 'InvalidPath,Show-PortMap'));
    expect(failed.map(({ message }: { message: string }) => message.replace(/^.*': |'[^']*' /g, ''))).toEqual([
      'it is a folder.',
      'the folder is not there.',
      'it is a place of the system, not of files.',
      'it is no path of the file system.',
      'it is no path of the file system.',
    ]);
    expect(failed[0]).toMatchObject({ category: 'InvalidArgument', target: inFolder('folder') });
  });

  it.skipIf(lacking.root)(`leaves the old file where the new one cannot be written${lacking.root}`, async () => {
    const folder = inFolder('full');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', folder]);
    try {
      writeFileSync(join(folder, 'map.svg'), 'old');
      const { failed } = await session.run(`
        Show-PortMap -Path ${quoted(join(folder, 'map.svg'))} -ErrorVariable failed -ErrorAction SilentlyContinue
        Report @{ failed = Get-Facts $failed }`);
      expect(failed).toHaveLength(1);
      expect(failed[0]).toMatchObject({ id: 'WriteFailed,Show-PortMap', category: 'WriteError' });
      expect(readdirSync(folder)).toEqual(['map.svg']);
      expect(readFileSync(join(folder, 'map.svg'), 'utf8')).toBe('old');
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('the terminal', () => {
  it.each([
    [{ TERM: 'xterm-256color' }, 'ansi256'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'trueColor'],
    [{ TERM: 'xterm', COLORTERM: '24bit' }, 'trueColor'],
    [{ TERM: 'linux' }, 'ansi16'],
    [{ OS: 'Windows_NT' }, 'trueColor'],
    [{ TERM: 'dumb' }, 'none'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }, 'none'],
    [{ OS: 'Windows_NT', NO_COLOR: '0' }, 'none'],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, 'ansi256'],
  ])('with %j has the colours %s', async (environment, colors) => {
    const entries = Object.entries(environment).map(([key, value]) => `${key} = ${quoted(value)}`);
    const seen = await session.run(
      `Report @{ colors = & (Get-Module PortReservation) { [Terminal]::Colors($args[0]) } @{ ${entries.join('; ')} } }`,
    );
    expect(seen).toEqual({ colors });
  });

  it.each([
    [0, 80],
    [-1, 80],
    [20, 40],
    [81, 80],
    [9999, 500],
  ])('of a window of %i columns takes %i', async (window, columns) => {
    const seen = await session.run(
      `Report @{ columns = & (Get-Module PortReservation) { [Terminal]::Columns($args[0]) } ${window} }`,
    );
    expect(seen).toEqual({ columns });
  });
});

describe('where the lines go', () => {
  it.each([
    ['Show-It', false],
    ['Show-It -Width 80', false],
    ['Show-It | Where-Object { $_ }', true],
    ['Show-It > $null', true],
    ['1..2 | ForEach-Object { Show-It >> $null }', true],
    ['Show-Other > $null; Show-It', false],
  ])('%s passes them on: %s', async (line, isPassedOn) => {
    const seen = await session.run(`
      $asked = [System.Collections.Generic.List[object]]::new()
      & {
        function Show-Other { }
        function Show-It {
          [CmdletBinding()] param([int] $Width)
          $asked.Add((& (Get-Module PortReservation) { [Terminal]::IsPassedOn($args[0]) } $MyInvocation))
        }
        . ([scriptblock]::Create(${quoted(line)}))
      }
      Report @{ asked = $asked[0] }`);
    expect(seen).toEqual({ asked: isPassedOn });
  });

  it('a code page that lacks the characters gets ASCII', async () => {
    const seen = await session.run(`
      $before = [Console]::OutputEncoding
      try {
        [Console]::OutputEncoding = [System.Text.Encoding]::GetEncoding(28591)
        $lines = @(Show-PortMap)
      }
      finally { [Console]::OutputEncoding = $before }
      Report @{ lines = @($lines -match '[^\x20-\x7e]').Count; some = $lines.Count -gt 20 }`);
    expect(seen).toEqual({ lines: 0, some: true });
  });
});

it('wrong values are refused by name', async () => {
  const { failed } = await session.run(`
    $failed = foreach ($wrong in @{ Width = 39 }, @{ Width = 501 }, @{ Protocol = 'Sctp' }, @{ Path = '' }) {
      try { Show-PortMap @wrong } catch { $_.FullyQualifiedErrorId }
    }
    Report @{ failed = $failed }`);
  expect(failed).toEqual([
    'ParameterArgumentValidationError,Show-PortMap',
    'ParameterArgumentValidationError,Show-PortMap',
    'ParameterArgumentValidationError,Show-PortMap',
    'ParameterArgumentValidationError,Show-PortMap',
  ]);
});
