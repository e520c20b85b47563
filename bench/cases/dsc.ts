import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Case, paired } from '../measure.ts';
import { dscFile, environment, startNode } from '../support.ts';

const instance = '{"protocol":"tcp","startPort":20000,"numberOfPorts":10}';

/** Runs the program as the engine does, to its end. */
async function run(...args: string[]): Promise<void> {
  const env = { ...environment(), PORT_RESERVATION_PROVIDER: 'ledger' };
  const child = spawn(process.execPath, [dscFile, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.resume();
  child.stdin.end(instance);
  await once(child, 'exit');
}

const get: Case = {
  name: 'dsc get of a reservation',
  run: async () => [
    {
      name: 'dsc get of a reservation',
      ...(await paired(25, () => run('get', 'Reservation'), startNode)),
      floor: 'node -e 0',
      aim: '<= 1.5',
    },
  ],
};

export const dscCases: Case[] = [get];
