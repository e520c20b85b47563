import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, converse, reservations, startTree, whenReserved } from './support.ts';

/** Asks for one port after the other by line, and for as long as it lives. */
const asking = `
const { connect } = require('node:net');
const ask = () => {
  let text = '';
  connect(process.env.AT).on('error', () => {}).on('data', (data) => { text += data; })
    .on('close', () => { if (text !== '') process.stdout.write(text); ask(); }).end(process.pid + '\\n');
};
ask();`;

function askers(address: string, count: number): ChildProcess[] {
  return Array.from({ length: count }, () => {
    const env = { ...process.env, AT: address };
    const child = spawn(process.execPath, ['-e', asking], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  });
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe.skipIf(process.platform === 'win32')('kills (skipped on Windows)', () => {
  test('who is killed while it asks leaves nothing, and nobody who lives loses a port', async () => {
    const { env, address } = await startTree();
    const children = askers(address, 12);
    const given = new Map<number, number[]>(children.map(({ pid }) => [pid!, []]));
    for (const { pid, stdout } of children)
      stdout!.setEncoding('utf8').on('data', (text) => given.get(pid!)!.push(...text.trim().split('\n').map(Number)));
    await Promise.all(children.map(({ stdout }) => once(stdout!, 'data')));
    const [dying, living] = [children.slice(0, 9), children.slice(9)];
    for (const child of dying) {
      await once(child.stdout!, 'data');
      await killed(child);
    }
    const dead = new Set(dying.map(({ pid }) => pid));
    for (const child of living) child.kill('SIGSTOP');
    const portsOf = (all: Awaited<ReturnType<typeof reservations>>, id: number) =>
      new Set(all.filter(({ owner }) => owner!.processId === id).map(({ range }) => range.startPort));
    const all = living.flatMap(({ pid }) => given.get(pid!)!);
    await whenReserved(
      env,
      (reserved) =>
        !reserved.some(({ owner }) => dead.has(owner!.processId)) &&
        living.every(({ pid }) => given.get(pid!)!.every((port) => portsOf(reserved, pid!).has(port))),
    );
    expect(new Set(all).size).toBe(all.length);
  });

  test('when all are killed at once nothing is left, and the next tree has all it asks for', async () => {
    const { run, env, address } = await startTree();
    const children = askers(address, 6);
    await Promise.all(children.map(({ stdout }) => once(stdout!, 'data')));
    const { peer } = await converse(address);
    peer.request(1, 'reservation/create', { protocol: 'tcp', numberOfPorts: 3 });
    await peer.next();
    for (const { pid } of children) process.kill(pid!, 'SIGKILL');
    process.kill(-run.child.pid!, 'SIGKILL');
    await once(run.child, 'exit');
    expect(await reservations(env)).toEqual([]);
    const next = await startTree({ env });
    expect(await ask(next.address, `${process.pid}\n`)).toMatch(/^[1-9]\d*\n$/);
  });
});
