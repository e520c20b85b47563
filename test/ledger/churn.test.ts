import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { type Child, startChild } from './support/run-child.ts';

/** How many workers live at once, and how many are killed in all; `CHURN=2000` for minutes of it. */
const workers = 6;
const kills = Number(process.env.CHURN ?? 60);

/** One window for all, so that they meet. */
const within = { startPort: 22_000, numberOfPorts: 120 };

const portsOf = ({ protocol, range }: Reservation) =>
  Array.from({ length: range.numberOfPorts }, (_, index) => `${protocol} ${range.startPort + index}`);

interface Answer {
  reservations?: Reservation[];
  errorName?: string;
}

async function ask(child: Child, method: string, params: object): Promise<Answer> {
  child.process.stdin!.write(`${JSON.stringify({ method, params })}\n`);
  return (await child.next()) as Answer;
}

const chance = (share: number) => Math.random() < share;

test('workers that are killed at any time: no port twice, no living record lost, none left', {
  timeout: 600_000,
}, async () => {
  const home = temporaryFolder();
  /** Who has which port, by what was answered. */
  const held = new Map<string, number>();
  const faults: string[] = [];
  let killed = 0;

  const forget = (worker: number) => {
    for (const [port, owner] of held) if (owner === worker) held.delete(port);
  };
  const take = (worker: number, made: Reservation) => {
    for (const port of portsOf(made)) {
      if (held.has(port)) faults.push(`${port} twice: ${held.get(port)} and ${worker}`);
      held.set(port, worker);
    }
  };

  async function live(worker: number): Promise<void> {
    const child = await startChild({ home }, 'service');
    expect(await child.next()).toBe('ready');
    const own: Reservation[] = [];
    for (;;) {
      const hold = chance(0.5) ? 'none' : 'strict';
      const params = { protocol: chance(0.5) ? 'tcp' : 'udp', numberOfPorts: chance(0.5) ? 1 : 3, within, hold };
      if (chance(0.2)) {
        // In the middle of a request, before its answer: what it got is nobody's.
        child.process.stdin!.write(`${JSON.stringify({ method: 'create', params })}\n`);
        break;
      }
      const { reservations, errorName } = await ask(child, 'create', params);
      if (reservations) {
        own.push(...reservations);
        for (const made of reservations) take(worker, made);
      } else if (errorName !== 'NoFreeRange') {
        faults.push(`create: ${errorName}`);
      }
      if (own.length > 2) {
        const [oldest] = own.splice(0, 1);
        for (const port of portsOf(oldest!)) held.delete(port);
        const released = await ask(child, 'release', { token: oldest!.token });
        if (released.errorName) faults.push(`release: ${released.errorName}`);
      }
      const listed = (await ask(child, 'list', {})).reservations ?? [];
      const tokens = new Set(listed.map(({ token }) => token));
      if (own.some(({ token }) => !tokens.has(token))) faults.push(`worker ${worker} does not list its own`);
    }
    forget(worker);
    child.process.kill('SIGKILL');
    await child.ended;
  }

  let next = 0;
  const slot = async () => {
    while (killed < kills) {
      killed++;
      await live(next++);
    }
  };
  await Promise.all(Array.from({ length: workers }, slot));
  expect(faults).toEqual([]);

  const ledger = await ledgerIn(home);
  expect(await ledger.read()).toEqual([]);
  await ledger.change(async () => {});
  expect(readdirSync(join(home, 'runtime'))).toEqual([]);
});
