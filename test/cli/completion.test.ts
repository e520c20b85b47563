import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { lacking } from '../kernel/held/support/python.ts';
import { ModuleSession, quoted } from '../powershell/module-session.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation, start } from './support.ts';

let folder: string;
let env: NodeJS.ProcessEnv;

/** A folder with the program under its name, first on PATH, and two reservations whose names can be completed. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'port-reservation-shell-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(portreservation, join(bin, 'portreservation'));
  env = {
    ...process.env,
    HOME: folder,
    ZDOTDIR: folder,
    XDG_CONFIG_HOME: folder,
    PORT_RESERVATION_HOME: join(folder, 'ledger'),
    PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
    TERM: 'dumb',
  };
  const make = ['new', '--persistent', '--provider', 'ledger'];
  for (const words of [
    ['--start-port', '21910', '--name', 'gold'],
    ['--start-port', '21920', '--name', 'my web'],
  ]) {
    execFileSync(process.execPath, [portreservation, ...make, ...words], { env });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const prompt = 'READY> ';
const source = 'source <(portreservation completion';
const shells: Record<string, () => string[]> = {
  bash: () => {
    writeFileSync(join(folder, 'bashrc'), `PS1='${prompt}'\n${source} bash)\n`);
    return ['bash', '--noprofile', '--rcfile', join(folder, 'bashrc'), '-i'];
  },
  zsh: () => {
    writeFileSync(join(folder, '.zshrc'), `PS1='${prompt}'\nautoload -U compinit; compinit -u\n${source} zsh)\n`);
    return ['zsh', '-i'];
  },
  fish: () => {
    const commands = `function fish_prompt; echo '${prompt}'; end; portreservation completion fish | source`;
    return ['fish', '-i', '-C', commands];
  },
};

for (const [shell, commandLine] of Object.entries(shells)) {
  const isHere = spawnSync(shell, ['--version']).status === 0;
  const skipped = lacking.python || (isHere ? '' : ` (skipped: no ${shell} on PATH)`);
  test.skipIf(skipped)(`${shell} completes commands, options and names as they are typed${skipped}`, async () => {
    const lines = ['portreservation te\tgo\t', 'portreservation test --prot\ttcp my\t'];
    const driver = join(import.meta.dirname, 'type-into.py');
    const child = spawn('python3', [driver, prompt, 'is reserved.', ...lines, '--', ...commandLine()], {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(said).toContain('tcp 21910 "gold" is reserved.');
    expect(said).toContain('tcp 21920 "my web" is reserved.');
  });
}

test('PowerShell completes a name with its own quotes as one word', async () => {
  const own = ownHome(onTestFinished);
  const name = 'it\u2019s; Report @{ run = 1 }; \u2018';
  const words = ['new', '--persistent', '--provider', 'ledger', '--start-port', '21930', '--name', name];
  execFileSync(process.execPath, [portreservation, ...words], { env: own });
  await using session = await ModuleSession.start({ env });
  const script = execFileSync(process.execPath, [portreservation, 'completion', 'pwsh'], { encoding: 'utf8' });
  const { value } = (await session.run(`
    [System.Environment]::SetEnvironmentVariable('PORT_RESERVATION_HOME', ${quoted(own.PORT_RESERVATION_HOME!)})
    . ([scriptblock]::Create(${quoted(script)}))
    $line = 'portreservation get i'
    $found = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches
    $errors = $null
    $tokens = [System.Management.Automation.PSParser]::Tokenize($found[0].CompletionText, [ref] $errors)
    Report @{ value = @($tokens | ForEach-Object { $_.Content }) }`)) as { value: string[] };
  expect(value).toEqual([name]);
});

test('PowerShell completes commands, options and names, quoted where needed', async () => {
  await using session = await ModuleSession.start({ env });
  const script = execFileSync(process.execPath, [portreservation, 'completion', 'pwsh'], { encoding: 'utf8' });
  const seen = await session.run(`
    [System.Environment]::SetEnvironmentVariable('PORT_RESERVATION_HOME', ${quoted(env.PORT_RESERVATION_HOME!)})
    . ([scriptblock]::Create(${quoted(script)}))
    function Complete ([string] $Line) {
      $found = [System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches
      , @($found | ForEach-Object { $_.CompletionText })
    }
    Report @{
      command = Complete 'portreservation te'
      names = Complete 'portreservation test '
      name = Complete 'portreservation get my'
      option = Complete 'portreservation remove --na'
      value = Complete 'portreservation find --protocol t'
    }`);
  expect(seen).toMatchObject({
    command: ['test'],
    names: ['gold', "'my web'"],
    name: ["'my web'"],
    option: ['--name'],
    value: ['tcp', "'tcp,udp'"],
  });
});

const commands =
  'exec new take get find test remove status wait map exclude dynamic-range apply export import info dsc serve mcp settle completion uninstall help'.split(
    ' ',
  );

const complete = async (...words: string[]) => {
  const { stdout } = await start(['complete', '--', ...words], { env }).ended;
  return stdout.split('\n').slice(0, -1);
};

test.each([
  [[''], commands],
  [['remove', '--name', 'g'], ['gold']],
  [['new', '--name', ''], []],
  [
    ['get', '--lifetime', ''],
    ['runtime', 'persistent'],
  ],
  [
    ['exec', '--hold', ''],
    ['strict', 'yield', 'none', 'auto'],
  ],
  [['exec', '--ports', '2', 'npm', ''], []],
  [['exec', '--', ''], []],
  [['get', '--', '--'], []],
  [['completion', 'f'], ['fish']],
  [
    ['exclude', ''],
    ['add', 'list', 'remove'],
  ],
  [
    ['exclude', 'add', '--store', ''],
    ['active', 'persistent'],
  ],
])('%j is completed by %j', async (words, expected) => {
  expect((await complete(...words)).map((line) => line.split('\t')[0])).toEqual(expected);
});
