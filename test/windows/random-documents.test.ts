import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyRandomly } from '../desired-state/support/random-documents.ts';
import { describeInLab } from '../lab/lab.ts';
import { LabWindows } from './support/lab-windows.ts';
import { eachMachine } from './support/windows.ts';

describeInLab('random documents lose nothing that is still desired', () => {
  const windows = new LabWindows('node20');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  test('on the simulated kernel', { timeout: 300_000 }, async () => {
    const first = await machine().block(14);
    const worker = await machine().worker({ elevated: true });
    const program = await machine().caller({ elevated: true });
    const sockets: number[] = [];
    const failures = await applyRandomly(
      {
        first,
        apply: (reservations) => {
          const text = JSON.stringify({ name: 'shop', reservations });
          return worker.request('desiredState/apply', { text, format: 'json', prune: true });
        },
        reservations: async () => (await worker.request('reservation/list', {})).reservations,
        listen: async (protocol, port) => {
          const socket = await program.call('socket', protocol);
          sockets.push(socket);
          await program.call('bind', socket, port);
          if (protocol === 'tcp') await program.call('listen', socket);
        },
        stop: async () => {
          for (const socket of sockets.splice(0)) await program.call('close', socket);
        },
      },
      7,
      8,
    );
    expect(failures).toBeGreaterThan(0);
  });
});
