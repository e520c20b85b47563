import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SocketOwners } from '../../../src/providers/proc/socket-owners.ts';
import { only } from '../../support/only.ts';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking } from '../held/support/python.ts';
import { open, port } from '../inspect/support/inspection.ts';

useOwnNetwork();

/** Listens, hands the socket down to a child, and says both ids and the descriptor. */
const forking = `
import ctypes, os, signal, socket, sys
prctl, PR_SET_PDEATHSIG = ctypes.CDLL(None).prctl, 1
listener = socket.socket()
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen()
child = os.fork()
if child == 0:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pause()
os.write(1, f"{os.getpid()} {child} {listener.fileno()}".encode())
signal.pause()
`;

async function startForking(): Promise<{ parent: number; child: number; inode: number }> {
  const program = spawn('python3', ['-c', forking, `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(program, 'exit');
  // The child goes with it.
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await ended;
  });
  const [text] = await once(program.stdout, 'data');
  const [parent, child, descriptor] = String(text).split(' ').map(Number) as [number, number, number];
  const inode = Number(/\d+/.exec(readlinkSync(`/proc/${parent}/fd/${descriptor}`))![0]);
  return { parent, child, inode };
}

describe.skipIf(lacking.python)(`the owners of a socket${lacking.python}`, () => {
  test('are the newest process that has it and the one it has it from, the oldest first', async () => {
    const { parent, child, inode } = await startForking();
    const owners = new SocketOwners();
    expect(await owners.find(new Set([inode]))).toEqual(new Map([[inode, [parent, child]]]));
    // What nobody has is looked for once; the rest is found all the same, before and after.
    for (let time = 0; time < 3; time++) {
      expect(await owners.find(new Set([4_000_000_000, inode]))).toEqual(new Map([[inode, [parent, child]]]));
    }
    expect(await owners.find(new Set([4_000_000_000]))).toEqual(new Map());
  });

  test.skipIf(lacking.root)(`are on the map, the server before its child${lacking.root}`, async () => {
    const { parent, child } = await startForking();
    const { segments } = only(await (await open()).map({ protocol: 'tcp' }));
    const found = segments.find(({ kind }) => kind === 'listening');
    expect(found?.holders?.map(({ processId }) => processId)).toEqual([parent, child]);
  });
});
