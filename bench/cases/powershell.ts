import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { powershellCommand, scriptEnvironment } from '../../tools/powershell.mjs';
import type { Case } from '../measure.ts';
import { environment } from '../support.ts';

const script = fileURLToPath(new URL('../get-port-reservation.ps1', import.meta.url));

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

export const powershellCases: Case[] = [getPortReservation];
