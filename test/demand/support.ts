import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { openService } from '../../src/open-service.ts';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { start } from '../cli/support.ts';
import { RawPeer } from '../support/frames.ts';
import { ownHome } from '../support/worker.ts';

/** A process tree under exec, and the ledger it is recorded in. */
export async function startTree({ options = [] as string[], env = ownHome(onTestFinished) } = {}) {
  const say = 'echo "at $PORT_RESERVATION_ADDRESS $PORTSERVER_ADDRESS ."; exec sleep 1000';
  const run = start(['exec', ...options, '--', '/bin/sh', '-c', say], { env });
  const [, address, portserver] = await run.line(/at (\S+) (\S+) \.\n/);
  return { run, env, address: address!, portserver: portserver! };
}

export function connectTo(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => resolve(socket)).on('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

/** All that is answered to these bytes, until the other end closes. */
export async function ask(address: string, text: string): Promise<string> {
  const socket = await connectTo(address);
  socket.end(text);
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  return answer;
}

/** A conversation by the contract. */
export async function converse(address: string): Promise<{ peer: RawPeer; socket: Socket }> {
  const socket = await connectTo(address);
  return { peer: new RawPeer(socket, socket), socket };
}

/** The reservations of that ledger, now. */
export async function reservations(env: NodeJS.ProcessEnv): Promise<Reservation[]> {
  const service = await openService({ host: { ...thisHost(), env } });
  try {
    return (await service.list()).reservations;
  } finally {
    await service.close();
  }
}

/** Resolves when the reservations are as they should be: it is looked at each change. */
export async function whenReserved(env: NodeJS.ProcessEnv, isSo: (all: Reservation[]) => boolean): Promise<void> {
  const service = await openService({ host: { ...thisHost(), env } });
  let look = () => {};
  const watch = await service.watch(() => look());
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        look = resolve;
      });
      if (isSo((await service.list()).reservations)) return;
      await changed;
    }
  } finally {
    watch.close();
    await service.close();
  }
}
