import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

/** The one file for PowerShell 7 alone; Windows PowerShell never loads it. */
const coreOnly = 'Json.Core.ps1';
const files = readdirSync(moduleFolder, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.(ps1|psm1|psd1|ps1xml|txt)$/.test(file) && !file.startsWith('worker'),
);
const scripts = files.filter((file) => /\.(ps1|psm1|psd1)$/.test(file) && !file.endsWith(coreOnly));

/** What Windows PowerShell 5.1 lacks, as the text of tokens and as kinds of syntax. */
const lacking = {
  tokens: [
    'QuestionQuestion',
    'QuestionQuestionEquals',
    'QuestionDot',
    'QuestionLBracket',
    'AndAnd',
    'OrOr',
    'QuestionMark',
    'Clean',
  ],
  syntax: ['TernaryExpressionAst', 'PipelineChainAst'],
  variables: ['IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR', 'PSStyle', 'EnabledExperimentalFeatures'],
  attributes: ['ArgumentCompletions', 'ExperimentalAction', 'Experimental', 'ValidateUserDrive'],
  members: [
    'StandardInputEncoding',
    'WaitForExitAsync',
    'GetDateTimeOffset',
    'Kill(',
    'ReadExactly',
    'ReadExactlyAsync',
    'GetValueOrDefault',
    'TryAdd',
    'EnsureCapacity',
    'DisposeAsync',
    'WaitAsync',
  ],
  /** Members with the number of arguments, static ones behind their type. */
  calls: [
    /^(Contains\/2|Replace\/3|Kill\/1)$/,
    /\bPath::(Join|GetRelativePath|IsPathFullyQualified|TrimEndingDirectorySeparator|Exists|GetFullPath\/2)/,
    /\b(File|Directory)::(\w+Async|Move\/3|CreateSymbolicLink|ResolveLinkTarget|CreateTempSubdirectory|\w+UnixFileMode)/,
    /\bMath::(Clamp|Cbrt|Log2|BitDecrement|BitIncrement)/,
    /\bConvert::\w*HexString/,
    /\bEnvironment::(ProcessId|ProcessPath|TickCount64)/,
    /\b(Random::Shared|HashCode::|RuntimeInformation::|RandomNumberGenerator::(Fill|GetInt32|GetBytes\/1))|::(ThrowIf\w+|HashData)/,
  ],
  parameters:
    /^(Parallel|ThrottleLimit|AsHashtable|NoEnumerate|AsArray|EnumsAsStrings|EscapeHandling|AsByteStream|ConvertFrom-Json Depth)$/i,
  types: /System\.Text\.Json|Memory\[|Span\[|OperatingSystem\]|System\.Half|semver|SemanticVersion/i,
  suffix: /^[0-9.]+(?:u|y|us|uy|ul|s|n)(?:[kmgtp]b)?$/i,
};

/** Microsoft.PowerShell.Core of 5.1, as far as the module needs it. */
const coreCommands = ['ForEach-Object', 'Where-Object', 'Set-StrictMode', 'Register-ArgumentCompleter'];
const desktopCommands = ['ConvertTo-Json', 'ConvertFrom-Json'];

interface Script {
  errors: string[];
  tokens: string[];
  numbers: string[];
  syntax: string[];
  variables: string[];
  attributes: string[];
  types: string[];
  members: string[];
  calls: string[];
  parameters: string[];
  commands: string[];
  functions: string[];
  rangeKinds: string[];
}

const parse = `
$seen = @{}
foreach ($file in ${quoted(scripts.join('|'))}.Split('|')) {
  $tokens = $null
  $errors = $null
  $ast = [System.Management.Automation.Language.Parser]::ParseFile([System.IO.Path]::Combine(${quoted(moduleFolder)}, $file), [ref] $tokens, [ref] $errors)
  $all = @($ast.FindAll({ $true }, $true))
  function Of ([string[]] $Kind) { $all | Where-Object { $Kind -contains $_.GetType().Name } }
  $seen[$file] = @{
    # A class of another file of the module is not there when a file is read alone.
    errors = @($errors | Where-Object { $_.ErrorId -ne 'TypeNotFound' } | ForEach-Object { $_.Message })
    tokens = @($tokens | ForEach-Object { "$($_.Kind)" })
    numbers = @($tokens | Where-Object { $_.Kind -eq 'Number' } | ForEach-Object { $_.Text })
    syntax = @($all | ForEach-Object { $_.GetType().Name })
    variables = @(Of VariableExpressionAst | ForEach-Object { $_.VariablePath.UserPath })
    attributes = @(Of AttributeAst | ForEach-Object { $_.TypeName.FullName })
    types = @(Of TypeExpressionAst, TypeConstraintAst | ForEach-Object { $_.TypeName.FullName })
    members = @(Of MemberExpressionAst, InvokeMemberExpressionAst | ForEach-Object {
      if ($_ -is [System.Management.Automation.Language.InvokeMemberExpressionAst] -and $_.Arguments) { "$($_.Member)($($_.Arguments -join ','))" } else { "$($_.Member)" } })
    calls = @(Of MemberExpressionAst, InvokeMemberExpressionAst | ForEach-Object {
      $type = if ($_.Static) { "$($_.Expression)".Trim('[', ']') + '::' }
      $count = if ($_ -is [System.Management.Automation.Language.InvokeMemberExpressionAst]) { "/$(if ($_.Arguments) { $_.Arguments.Count } else { 0 })" }
      "$type$($_.Member)$count" })
    parameters = @(Of CommandAst | ForEach-Object {
      $name = $_.GetCommandName()
      $_.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] } | ForEach-Object {
        if ($name -eq 'ConvertFrom-Json') { "$name $($_.ParameterName)" } else { $_.ParameterName } } })
    commands = @(Of CommandAst | ForEach-Object { $_.GetCommandName() } | Where-Object { $_ })
    functions = @(Of FunctionDefinitionAst | Where-Object { $_.Parent -isnot [System.Management.Automation.Language.FunctionMemberAst] } | ForEach-Object { $_.Name })
    rangeKinds = @(Of AttributeAst | Where-Object { $_.TypeName.FullName -eq 'ValidateRange' -and $_.PositionalArguments.Count -ne 2 } | ForEach-Object { "$_" })
  }
}
Report @{ seen = $seen }`;

let seen: [file: string, script: Script][];
beforeAll(async () => {
  await using session = await ModuleSession.start();
  seen = Object.entries((await session.run(parse)).seen);
});

it('all files are pure ASCII: without a mark, 5.1 reads them in the code page of the system', () => {
  expect(files.length).toBeGreaterThan(25);
  for (const file of files) {
    const bytes = readFileSync(join(moduleFolder, file));
    expect(
      bytes.findIndex((byte) => byte > 0x7e || (byte < 0x20 && byte !== 0x0a && byte !== 0x0d)),
      file,
    ).toBe(-1);
  }
});

it('no script has syntax, variables, types, members, overloads or parameters that 5.1 lacks', () => {
  expect(seen).toHaveLength(scripts.length);
  for (const [file, script] of seen) {
    expect(script.errors, file).toEqual([]);
    expect(
      script.tokens.filter((token) => lacking.tokens.includes(token)),
      file,
    ).toEqual([]);
    expect(
      script.syntax.filter((kind) => lacking.syntax.includes(kind)),
      file,
    ).toEqual([]);
    expect(
      script.variables.filter((name) => lacking.variables.includes(name)),
      file,
    ).toEqual([]);
    expect(
      script.attributes.filter((name) => lacking.attributes.includes(name)),
      file,
    ).toEqual([]);
    expect(
      script.types.filter((name) => lacking.types.test(name)),
      file,
    ).toEqual([]);
    expect(
      script.numbers.filter((number) => lacking.suffix.test(number)),
      file,
    ).toEqual([]);
    expect(
      script.members.filter((member) => lacking.members.some((name) => member.startsWith(name))),
      file,
    ).toEqual([]);
    expect(
      script.calls.filter((call) => lacking.calls.some((pattern) => pattern.test(call))),
      file,
    ).toEqual([]);
    expect(
      script.parameters.filter((name) => lacking.parameters.test(name)),
      file,
    ).toEqual([]);
    expect(script.rangeKinds, file).toEqual([]);
  }
});

it('ArgumentList, which .NET Framework lacks, is used only where it was looked for', () => {
  const users = seen.filter(([, { members }]) => members.some((member) => member.startsWith('ArgumentList')));
  expect(users.map(([file]) => file)).toEqual([join('Private', 'RedirectedProcess.ps1')]);
  expect(readFileSync(join(moduleFolder, users[0]![0]), 'utf8')).toContain("PSObject.Properties['ArgumentList']");
});

it('only commands of Microsoft.PowerShell.Core and the module itself are used', () => {
  const own = new Set(seen.flatMap(([, { functions }]) => functions));
  for (const [file, { commands }] of seen) {
    const allowed = file.endsWith('Json.Desktop.ps1') ? [...coreCommands, ...desktopCommands] : coreCommands;
    expect(
      commands.filter((name) => !own.has(name) && !allowed.includes(name)),
      file,
    ).toEqual([]);
  }
});

it('functions with a dash in the name have an approved shape, and each is defined once', () => {
  const all = seen.flatMap(([, { functions }]) => functions);
  expect(new Set(all).size).toBe(all.length);
  for (const name of all) expect(name).toMatch(/^[A-Z][A-Za-z]+-[A-Z][A-Za-z]+$/);
});
