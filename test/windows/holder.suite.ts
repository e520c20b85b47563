import { describe, expect, test } from 'vitest';
import { ResponseError } from 'vscode-jsonrpc';
import type { Caller } from '../lab/caller.ts';
import { only } from '../support/only.ts';
import { expectFree, expectReserved, takeAll } from './support/ports.ts';
import { eachMachine, type Windows, type WindowsMachine } from './support/windows.ts';
import type { WindowsWorker } from './support/worker.ts';

const failure = (osFunction: string, osCode: number) =>
  new ResponseError(8, `${osFunction} failed with ${osCode}`, { name: 'OsError', osFunction, osCode });

/** A worker whose client keeps the runtime reservations in a process of its own, as PowerShell does. */
async function workerOf(client: Caller, machine: WindowsMachine): Promise<WindowsWorker> {
  const worker = await machine.worker();
  const sockets = new Map<string, number>();
  worker.serve('holder/acquire', async ({ protocol, range }) => {
    const socket = await client.call('socket', protocol);
    const { code, token } = await client.call('acquire', socket, range.startPort, range.numberOfPorts);
    if (code) throw failure('SIO_ACQUIRE_PORT_RESERVATION', code);
    sockets.set(token!, socket);
    return { token: token! };
  });
  worker.serve('holder/release', async ({ token }) => {
    if (sockets.has(token)) await client.call('close', sockets.get(token)!);
    sockets.delete(token);
    return null;
  });
  worker.serve('holder/probe', async ({ protocol, token, port }) => {
    const socket = await client.call('socket', protocol);
    await client.call('associate', socket, token);
    const bound = await client.call('bind', socket, port);
    await client.call('close', socket);
    if (bound.code) throw failure('bind', bound.code);
    return { port: bound.port! };
  });
  await worker.request('initialize', { protocolVersion: 1, capabilities: { holder: true } });
  return worker;
}

/** The client's process as the holder of its runtime reservations: their tokens are valid there. */
export function holderSuite(windows: Windows): void {
  describe('runtime reservations in the client', () => {
    const machine = eachMachine(windows);

    test('the token is valid in the client and the range closed to all others', async () => {
      const [client, program] = [await machine().caller(), await machine().caller()];
      const worker = await workerOf(client, machine());
      const start = (await machine().block(5)) + 1;
      const params = { protocol: 'tcp', startPort: start, numberOfPorts: 3, name: 'held' } as const;
      const { token } = only(await worker.request('reservation/create', params));
      await expectReserved(program, 'tcp', start, 3);
      expect(only(await worker.request('reservation/probe', { token, port: start + 1 }))).toEqual({
        protocol: 'tcp',
        port: start + 1,
      });
      await takeAll(client, 'tcp', token!, start, 3);
      const taken = await worker.refusal('reservation/probe', { token });
      expect(taken).toMatchObject({ name: 'PortInUse', osFunction: 'bind', osCode: '10048' });
      const elsewhere = await program.call('associate', await program.call('socket', 'tcp'), token!);
      expect(elsewhere.code).not.toBe(0);
    });

    test('release and the search for a free block go through the client', async () => {
      const [client, program] = [await machine().caller(), await machine().caller()];
      const worker = await workerOf(client, machine());
      const start = (await machine().block(12)) + 1;
      await program.call('bind', await program.call('socket', 'udp'), start + 4);
      const within = { startPort: start, numberOfPorts: 10 };
      const made = only(await worker.request('reservation/create', { protocol: 'udp', numberOfPorts: 5, within }));
      expect(made.range).toEqual({ startPort: start + 5, numberOfPorts: 5 });
      const refusal = await worker.refusal('reservation/create', { protocol: 'udp', startPort: start + 4 });
      expect(refusal).toMatchObject({ name: 'PortInUse', osFunction: 'SIO_ACQUIRE_PORT_RESERVATION', port: start + 4 });
      expect(only(await worker.request('reservation/release', { token: made.token }))).toEqual(made);
      await expectFree(program, 'udp', start + 5, 5);
    });
  });
}
