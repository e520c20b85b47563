import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Case, paired } from '../measure.ts';
import { dscFile, environment, startNode } from '../support.ts';

const block = (index: number) => ({ protocol: 'tcp', startPort: 20_000 + 10 * index, numberOfPorts: 10 });
const one = JSON.stringify(block(0));
const blocks = Array.from({ length: 50 }, (_, index) => block(index));
const fifty = JSON.stringify({ reservations: blocks });
const none = JSON.stringify({ reservations: blocks.map((item) => ({ ...item, _exist: false })) });

/** Runs the program as the engine does, to its end. */
async function run(input: string, ...args: string[]): Promise<void> {
  const env = { ...environment(), PORT_RESERVATION_PROVIDER: 'ledger' };
  const child = spawn(process.execPath, [dscFile, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.resume();
  child.stdin.end(input);
  await once(child, 'exit');
}

const get: Case = {
  name: 'dsc get of a reservation',
  run: async () => [
    {
      name: 'dsc get of a reservation',
      ...(await paired(25, () => run(one, 'get', 'Reservation'), startNode)),
      floor: 'node -e 0',
      aim: '<= 1.5',
    },
  ],
};

const list: Case = {
  name: 'dsc test of a list of 50',
  async run() {
    await run(fifty, 'set', 'ReservationList');
    const test = () => run(fifty, 'test', 'ReservationList');
    const measured = await paired(15, test, () => run(one, 'test', 'Reservation'));
    await run(none, 'set', 'ReservationList'); // they would be listed in what is measured next
    return [{ name: this.name, ...measured, floor: 'test of one' }];
  },
};

export const dscCases: Case[] = [get, list];
