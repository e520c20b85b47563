import { ModuleSession, quoted } from '../../powershell/module-session.ts';
import { workerFile } from '../../support/worker.ts';
import type { Change, Face } from './face.ts';
import type { Situation } from './situation.ts';

const cmdlets = {
  reserve: 'New-PortReservation -Persistent',
  release: 'Remove-PortReservation',
  exclude: 'New-PortExclusion',
  include: 'Remove-PortExclusion',
};

/** The cmdlets, with `-WhatIf` or without. */
export class PowerShellFace implements Face {
  readonly name = 'PowerShell';
  readonly saysMore = true;
  #session: ModuleSession | undefined;

  can(): boolean {
    return true;
  }

  async make(at: Situation, change: Change, whatIf: boolean): Promise<string> {
    this.#session ??= await ModuleSession.start();
    const { kind, startPort, numberOfPorts, name, document, kernelFor } = change;
    const isMade = kind === 'reserve' || kind === 'exclude';
    const place = `-StartPort ${startPort} -Count ${numberOfPorts}`;
    const label = `${name && isMade ? `-Name ${quoted(name)}` : ''} ${document ? `-Document ${quoted(document)}` : ''}`;
    const kernel = kernelFor ? `-Enforcement Kernel ${kernelFor === 'token' ? '' : `-AllowUser ${kernelFor}`}` : '';
    // The worker alone is in there, and as the user who asks.
    const worker = [...at.prefix, process.execPath, workerFile, '--stdio'].map(quoted).join(', ');
    const { values } = await this.#session.runWithErrors(`
      Stop-PortReservationWorker
      $env:PORT_RESERVATION_HOME = ${quoted(at.home)}
      Start-PortReservationWorker -CommandLine ${worker}
      $quiet = @{ ErrorVariable = 'failed'; WarningVariable = 'warned'; ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue' }
      ${cmdlets[kind]} ${place} ${label} ${kernel} -WhatIf:$${whatIf} @quiet
      Report @{ failed = Get-Facts $failed; warned = @($warned) }`);
    const [failure] = values.failed;
    if (failure) return `${failure.id.split(',')[0]}: ${failure.message}`;
    const foreseen = values.warned.find((text: string) => text.startsWith('It would fail: '));
    return foreseen ? foreseen.slice('It would fail: '.length) : 'done';
  }

  async close(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
  }
}
