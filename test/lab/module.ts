import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { helpers, quoted } from '../powershell/module-session.ts';
import { copyProduct } from '../windows/support/product.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { LabProcess } from './driver.ts';
import { windowsPath } from './lab.ts';
import { Lab, type Machine, type ProcessOptions } from './run.ts';

// Runs what it is told, a script in base64 a line, in one runspace, as an interactive session does.
const loop = `
param([string] $ModulePath)
${helpers}
function New-Socket ([string] $Protocol = 'Tcp') {
  $type = if ($Protocol -eq 'Tcp') { 'Stream' } else { 'Dgram' }
  [System.Net.Sockets.Socket]::new('InterNetwork', $type, $Protocol)
}
# What Bind says, 0 or the error.
function Get-Bind ($Socket, [int] $Port) {
  try { $Socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Loopback, $Port)); 0 }
  catch { $_.Exception.GetBaseException().ErrorCode }
}
Import-Module $ModulePath
while ($null -ne ($line = [Console]::In.ReadLine())) {
  $Error.Clear()
  try { . ([scriptblock]::Create([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line)))) }
  catch { Report @{ threw = "$($_.FullyQualifiedErrorId): $_" } }
  [Console]::Out.WriteLine('END')
}`;

/** The Windows lab with the built module in it. */
export class ModuleLab {
  readonly lab: Lab;
  readonly folder: string;

  private constructor(lab: Lab, folder: string) {
    this.lab = lab;
    this.folder = folder;
  }

  static async open(): Promise<ModuleLab> {
    const lab = await Lab.open();
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-module-'));
    copyProduct(folder, lab.paths.koffi);
    return new ModuleLab(lab, folder);
  }

  /** A machine with ledgers of its own. */
  machine(): Machine {
    const machine = this.lab.machine();
    for (const home of ['ProgramData', 'LocalAppData']) mkdirSync(join(machine.folder, home));
    return machine;
  }

  /** A PowerShell on the machine that has imported the module. */
  async session(machine: Machine, options: ProcessOptions = {}): Promise<WindowsSession> {
    const env = {
      ProgramData: windowsPath(join(machine.folder, 'ProgramData')),
      LOCALAPPDATA: windowsPath(join(machine.folder, 'LocalAppData')),
      PORT_RESERVATION_NODE: windowsPath(this.lab.paths.node22),
      NODE_FOLDER: windowsPath(dirname(this.lab.paths.node22)),
      ...options.env,
    };
    const args = [windowsPath(join(this.folder, 'dist/PortReservation'))];
    return new WindowsSession(await machine.start({ ...options, runtime: 'powershell', code: loop, args, env }));
  }

  async close(): Promise<void> {
    await this.lab.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A running PowerShell that takes one script after the other. */
export class WindowsSession {
  readonly process: LabProcess;
  #lines: string[] = [];
  #running: Deferred<string[]> | undefined;
  #ended: Error | undefined;

  constructor(process: LabProcess) {
    this.process = process;
    createInterface({ input: process.stdout }).on('line', (line) => this.#take(line));
    const fail = (end: unknown) => {
      const { code, stdout, stderr } = end as Awaited<LabProcess['ended']>;
      this.#ended = new Error(`PowerShell ended with ${code}. ${stdout}${stderr}`);
      this.#running?.reject(this.#ended);
    };
    process.ended.then(fail, fail);
  }

  #take(line: string): void {
    if (line !== 'END') {
      this.#lines.push(line);
      return;
    }
    this.#running?.resolve(this.#lines.splice(0));
  }

  /** Runs a script and gives what it reported by `Report @{...}`; what it threw fails this. */
  // biome-ignore lint/suspicious/noExplicitAny: each script reports values of its own
  async run(script: string, values: Record<string, string | number> = {}): Promise<any> {
    if (this.#ended) throw this.#ended;
    const running = deferred<string[]>();
    this.#running = running;
    const set = Object.entries(values).map(
      ([name, value]) => `$${name} = ${typeof value === 'number' ? value : quoted(value)}\n`,
    );
    this.process.stdin.write(`${Buffer.from(set.join('') + script).toString('base64')}\n`);
    const lines = await running.promise;
    const reports = lines.filter((line) => line.startsWith('REPORT ')).map((line) => JSON.parse(line.slice(7)));
    const reported = Object.assign({}, ...reports);
    if (reports.length === 0 || reported.threw) throw new Error(`${reported.threw ?? 'nothing'}\n${lines.join('\n')}`);
    return reported;
  }

  /** Ends the session as the end of its input does. */
  async end(): Promise<void> {
    this.process.stdin.end();
    await this.process.ended;
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }
}
