import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeInLab } from '../lab/lab.ts';
import { ModuleLab } from '../lab/module.ts';
import { helpers, ModuleSession, moduleFolder, quoted } from './module-session.ts';

// A runspace of its own in that mode, as a policy puts all of a session into it.
const inMode = (mode: string, module: string) => `
  $state = [System.Management.Automation.Runspaces.InitialSessionState]::CreateDefault2()
  $state.LanguageMode = '${mode}'
  $runspace = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($state)
  $runspace.Open()
  $shell = [powershell]::Create()
  $shell.Runspace = $runspace
  $run = { param($text) $shell.Commands.Clear(); $shell.Streams.ClearStreams(); $null = $shell.AddScript($text); , @($shell.Invoke()) }
  $null = & $run 'Import-Module ${module.replaceAll("'", "''")}'
  $errors = @($shell.Streams.Error | ForEach-Object { "$_" })
  $loaded = & $run '(Get-Module PortReservation).Name; (Get-Command *-PortReservation, *-PortExclusion -ListImported).Name'
  Report @{ mode = "$((& $run '$ExecutionContext.SessionState.LanguageMode')[0])"; errors = $errors
    loaded = @($loaded | Where-Object { $_ -like '*Port*' }).Count }
  $runspace.Dispose()
`;

const sentence =
  /^PortReservation is not loaded: it needs the language mode FullLanguage, and this session has ConstrainedLanguage, [^.\n]*command line portreservation [^\n]*docs\/signing\.md\)\.$/;

const refused = { mode: 'ConstrainedLanguage', errors: [expect.stringMatching(sentence)], loaded: 0 };

describe('the module in a session of ConstrainedLanguage', () => {
  it('says so in one sentence and is not left loaded, while a full one has it', async () => {
    await using session = await ModuleSession.start();
    expect(await session.run(inMode('ConstrainedLanguage', quoted(moduleFolder)))).toEqual(refused);
    const full = await session.run(inMode('FullLanguage', quoted(moduleFolder)));
    expect(full).toMatchObject({ mode: 'FullLanguage', errors: [] });
    expect(full.loaded).toBeGreaterThan(5);
  });
});

describeInLab('the same on the engine for Windows', () => {
  let lab: ModuleLab;
  beforeAll(async () => {
    lab = await ModuleLab.open();
  });
  afterAll(() => lab.close());

  it('one sentence, and nothing loaded', async () => {
    const session = await lab.session(lab.machine());
    const { base } = await session.run('Report @{ base = (Get-Module PortReservation).ModuleBase }');
    expect(await session.run(`${helpers}${inMode('ConstrainedLanguage', quoted(base))}`)).toEqual(refused);
  });
});
