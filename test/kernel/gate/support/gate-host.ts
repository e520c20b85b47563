/**
 * A process that works at a gate for a test: one JSON document in, as an argument, and one line out for each call.
 * Bundled and started by gate-process.ts.
 */
import fs from 'node:fs';
import { ServiceError } from '../../../../src/protocol/errors.ts';
import type { GatePlace } from '../../../../src/providers/linux/kernel/gate-access.ts';
import { versions } from '../../../../src/providers/linux/kernel/gate-programs.ts';
import { KernelGate } from '../../../../src/providers/linux/kernel/kernel-gate.ts';
import { killBefore } from '../../../support/kill-before.ts';
import { deadlyBpf } from './deadly-bpf.ts';
import { tryBind } from './raw-sockets.ts';

export interface Task {
  place: GatePlace;
  /** pinned: the machine's gate; own: one that goes with the process. */
  kind: 'pinned' | 'own';
  /** Method and arguments of each call, in this order. */
  calls: [string, ...unknown[]][];
  /** The process dies, by SIGKILL, when it is about to change the kernel or its files for the nth time. */
  killBefore?: number;
  /** What the programs say they are, in the place of this version. */
  version?: string;
  /** Binds this port without the token until standard input ends, and says how often it was let through and tried. */
  race?: number;
  /** Stays until it is killed. */
  stay?: boolean;
}

const bigints = (_key: string, value: unknown) =>
  typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
const asText = (value: unknown) =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));

const say = (value: unknown) => fs.writeSync(1, `${asText(value)}\n`);
const task = JSON.parse(process.argv[2]!, bigints) as Task;

if (task.version) for (const hook of Object.keys(versions)) Object.assign(versions, { [hook]: task.version });
if (task.killBefore !== undefined) killBefore(task.killBefore, ['mkdirSync', 'rmSync', 'rmdirSync'], [deadlyBpf]);

const gate = KernelGate[task.kind](task.place);
for (const [method, ...args] of task.calls) {
  try {
    const work = gate[method as keyof KernelGate] as (...args: unknown[]) => unknown;
    say({ result: (await work.apply(gate, args)) ?? null });
  } catch (error) {
    const { message, stack } = error as Error;
    const known = error instanceof ServiceError ? { errorName: error.errorName, facts: error.facts } : { stack };
    say({ error: { message, ...known } });
  }
}
if (task.race !== undefined) await race(task.race);
if (task.stay) process.stdin.resume();

async function race(port: number): Promise<void> {
  let [through, tries, isOver] = [0, 0, false];
  process.stdin.resume().on('end', () => {
    isOver = true;
  });
  while (!isOver) {
    for (let round = 0; round < 200; round++) {
      tries++;
      if (tryBind(port) === 'bound') through++;
    }
    if (tries === 200) say({ result: 'racing' });
    await new Promise(setImmediate);
  }
  say({ result: { through, tries } });
}
