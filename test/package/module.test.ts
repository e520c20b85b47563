import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { quoted } from '../powershell/module-session.ts';
import {
  emptyFolder,
  folderWithProgram,
  noPackages,
  noProgram,
  packageFile,
  packagesTitle,
  programTitle,
  runScript,
  version,
} from './installation.ts';

/** The main job: reserve by a module found by name, see a listener refused, free. */
const mainJob = `
Import-Module PortReservation
$r = New-PortReservation -NumberOfPorts 3 -Name installed
$listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Any, $r.StartPort)
try { $listener.Start(); 'not refused' } catch { 'refused' }
"version $((Get-Module PortReservation).Version)"
"runs $((Get-Module PortReservation).ModuleBase)"
"worker $((Stop-PortReservationWorker -PassThru).CommandLine[0])"
$listener.Start()
'free'`;

/** A folder for PSModulePath, laid out as Install-Module does it. */
async function installed(): Promise<{ folder: string; module: string; env: NodeJS.ProcessEnv }> {
  const folder = emptyFolder(onTestFinished);
  const module = join(folder, 'modules', 'PortReservation', version);
  const archive = quoted(packageFile('.nupkg'));
  await runScript(`[System.IO.Compression.ZipFile]::ExtractToDirectory(${archive}, ${quoted(module)})`, {
    cwd: folder,
  });
  return { folder, module, env: environment(folder, join(folder, 'modules')) };
}

const environment = (folder: string, modules: string) => ({
  PSModulePath: modules,
  PORT_RESERVATION_HOME: join(folder, 'home'),
  PORT_RESERVATION_NODE: undefined,
});

describe.skipIf(noPackages)(packagesTitle('the installed PowerShell module'), () => {
  test('is found by name and does the main job without network', async () => {
    const { folder, module, env } = await installed();
    const output = await runScript(mainJob, { cwd: folder, env });
    expect(output).toContain('refused\n');
    expect(output.split(/\r?\n/)).toEqual([
      'refused',
      `version ${version}`,
      `runs ${module}`,
      expect.stringMatching(/^worker .*node(\.exe)?$/),
      'free',
      '',
    ]);
  });

  test('says what to install where there is no Node, and takes the one it is pointed at', async () => {
    const { folder, env } = await installed();
    const output = await runScript(
      `$env:PATH = ''
       try { New-PortReservation } catch { $_.FullyQualifiedErrorId; "$_"; $_.ErrorDetails.RecommendedAction }
       (Start-PortReservationWorker -NodePath ${quoted(process.execPath)} -PassThru).CommandLine[0]
       Stop-PortReservationWorker
       $env:PORT_RESERVATION_NODE = ${quoted(process.execPath)}
       (New-PortReservation).NumberOfPorts
       Stop-PortReservationWorker`,
      { cwd: folder, env },
    );
    expect(output.trimEnd().split(/\r?\n/)).toEqual([
      'NodeNotFound,New-PortReservation',
      expect.stringMatching(/^Node\.js was not found on PATH; /),
      expect.stringMatching(/^Install Node\.js 20\.19 or newer .*PORT_RESERVATION_NODE or -NodePath\.$/),
      process.execPath,
      '1',
    ]);
  });
});

describe.skipIf(noProgram)(programTitle('the module with the program'), () => {
  const folderOf = () => {
    const folder = emptyFolder(onTestFinished);
    return { cwd: folder, env: environment(folder, folderWithProgram) };
  };

  test('does the main job where there is no Node', async () => {
    const output = await runScript(`$env:PATH = ''\n${mainJob}`, folderOf());
    const program = join(folderWithProgram, 'PortReservation', 'bin', 'portreservation');
    expect(output.trimEnd().split(/\r?\n/)).toMatchObject([
      'refused',
      `version ${version}`,
      expect.anything(),
      expect.stringContaining(`worker ${program}`),
      'free',
    ]);
  });

  test('takes a Node or a worker that was asked for', async () => {
    const worker = quoted(join(folderWithProgram, 'PortReservation', 'worker', 'worker.mjs'));
    const output = await runScript(
      `(Start-PortReservationWorker -NodePath ${quoted(process.execPath)} -PassThru).CommandLine.Count
       Stop-PortReservationWorker
       (Start-PortReservationWorker -WorkerPath ${worker} -PassThru).CommandLine.Count
       Stop-PortReservationWorker
       $env:PORT_RESERVATION_NODE = ${quoted(process.execPath)}
       (Start-PortReservationWorker -PassThru).CommandLine.Count
       Stop-PortReservationWorker`,
      folderOf(),
    );
    expect(output.trimEnd().split(/\r?\n/)).toEqual(['3', '3', '3']);
  });
});
