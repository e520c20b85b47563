import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { powershellCommand, scriptEnvironment } from '../../tools/powershell.mjs';
import { type Case, paired } from '../measure.ts';
import { environment } from '../support.ts';

// From build/bench it is where it is from bench/cases.
const script = fileURLToPath(new URL('../../bench/get-port-reservation.ps1', import.meta.url));

const getPortReservation: Case = {
  name: 'Get-PortReservation in PowerShell',
  async run() {
    const [command, ...args] = powershellCommand();
    const { stdout, stderr, status } = spawnSync(command!, [...args, '-File', script], {
      env: { ...environment(), ...scriptEnvironment },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const [ratio, milliseconds] = stdout.trim().split(/\s+/).map(Number);
    return [
      {
        name: this.name,
        ratio,
        milliseconds: milliseconds!,
        floor: 'a bare round trip from the same engine',
        aim: '<= 2',
      },
    ];
  },
};

const moduleFolder = fileURLToPath(new URL('../../dist/PortReservation', import.meta.url));

/** Runs a text in a PowerShell of its own. */
function runText(text: string): void {
  const [command, ...args] = powershellCommand();
  const env = { ...environment(), ...scriptEnvironment };
  const { stderr, status } = spawnSync(command!, [...args, '-Command', text], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const firstCmdlet: Case = {
  name: 'import and first cmdlet in PowerShell',
  async run() {
    const text = `Import-Module '${moduleFolder}'; Get-PortReservation`;
    const measured = await paired(
      9,
      () => runText(text),
      () => runText('$null'),
    );
    return [{ name: this.name, ...measured, floor: 'a bare pwsh -NoProfile' }];
  },
};

export const powershellCases: Case[] = [firstCmdlet, getPortReservation];
