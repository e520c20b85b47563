import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PowerShellOptions, type PowerShellSession, startPowerShell } from '../support/powershell.ts';

/** The module as it ships. */
export const moduleFolder = fileURLToPath(new URL('../../dist/PortReservation', import.meta.url));

/** A text as a PowerShell literal. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

// `Report @{...}` hands values to the test; `Describe-Error` is what a test wants to know of error records.
export const helpers = `
function ConvertTo-Plain ($Value) {
  if ($null -eq $Value) { return $null }
  if ($Value -is [bool] -or $Value -is [int]) { return $Value.PSObject.BaseObject }
  if ($Value -is [System.Collections.IDictionary]) {
    $table = [System.Collections.Generic.Dictionary[string, object]]::new()
    foreach ($key in $Value.Keys) { $table["$key"] = ConvertTo-Plain $Value[$key] }
    return , $table
  }
  if ($Value -isnot [string] -and $Value -is [System.Collections.IEnumerable]) {
    $list = [System.Collections.Generic.List[object]]::new()
    foreach ($item in $Value) { $list.Add((ConvertTo-Plain $item)) }
    return , $list
  }
  return "$Value"
}
function Report ([hashtable] $Values) {
  $plain = ConvertTo-Plain $Values
  $json = if ($PSEdition -eq 'Core') { [System.Text.Json.JsonSerializer]::Serialize($plain, $plain.GetType()) }
  else { ConvertTo-Json -InputObject $plain -Depth 10 -Compress }
  [Console]::Out.WriteLine("REPORT $json")
}
function Get-Facts ($Records) {
  , @(foreach ($record in $Records) {
    @{
      id = $record.FullyQualifiedErrorId; category = "$($record.CategoryInfo.Category)"; target = "$($record.TargetObject)"
      message = "$record"; action = "$(if ($record.ErrorDetails) { $record.ErrorDetails.RecommendedAction })"
    }
  })
}
`;

/** A PowerShell with the module imported and a ledger of its own. */
export class ModuleSession implements AsyncDisposable {
  readonly powershell: PowerShellSession;
  readonly folder: string;
  #homes = 0;

  private constructor(powershell: PowerShellSession, folder: string) {
    this.powershell = powershell;
    this.folder = folder;
  }

  static async start(options: PowerShellOptions = {}): Promise<ModuleSession> {
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-test-'));
    const session = new ModuleSession(await startPowerShell(options), folder);
    await session.powershell.run(`${helpers}\nImport-Module ${quoted(moduleFolder)}`);
    await session.reset();
    return session;
  }

  /** Stops the worker and gives the next one an empty ledger. */
  async reset(): Promise<void> {
    const home = join(this.folder, `home-${++this.#homes}`);
    await this.run(`Stop-PortReservationWorker; $env:PORT_RESERVATION_HOME = ${quoted(home)}; Report @{}`);
  }

  /** Runs a script and gives what it reported; fails when it wrote to the error stream or reported nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: each script reports values of its own
  async run(script: string): Promise<any> {
    const { values, stderr } = await this.runWithErrors(script);
    if (stderr !== '') throw new Error(stderr);
    return values;
  }

  /** Runs a script whose errors are part of what is looked at. */
  // biome-ignore lint/suspicious/noExplicitAny: each script reports values of its own
  async runWithErrors(script: string): Promise<{ values: any; stdout: string; stderr: string }> {
    const { stdout, stderr } = await this.powershell.run(script);
    if (!stdout.includes('REPORT {'))
      throw new Error(`The script reported nothing.\nstdout: ${stdout}\nstderr: ${stderr}`);
    const reports = [...stdout.matchAll(/^REPORT (.*?)\r?$/gm)].map(([, json]) => JSON.parse(json!));
    return { values: Object.assign({}, ...reports), stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Waits for the worker's end, which still writes its ledger; not where the session itself is gone.
    await this.powershell.run('Stop-PortReservationWorker').catch(() => {});
    await this.powershell[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
