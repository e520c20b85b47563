import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const library = pathToFileURL(join(import.meta.dirname, '../../../dist/lib/index.js')).href;
const nobody = 65_534;

describe.skipIf(noGate)(gateTitle('the library, with what the kernel enforces'), () => {
  let at: GatedMachine;
  beforeAll(async () => {
    at = await GatedMachine.open();
  });
  beforeEach(() => at.reset());
  afterAll(() => at?.close());

  /** Runs a script in a process of its own, and gives what it printed as JSON. */
  async function script(code: string, userId?: number) {
    const head = `
      import { createServer } from 'node:net';
      import { createSocket } from 'node:dgram';
      const { reserve, listenOn, openService } = await import('${library}');
      const plain = (port) => new Promise((resolve) => {
        const server = createServer().once('error', ({ code }) => resolve(code)).listen(port, () => server.close(() => resolve('listens')));
      });
      const print = (value) => console.log(JSON.stringify(value));`;
    const words = [process.execPath, '--input-type=module', '--eval', `${head}\n${code}`];
    const { stdout, stderr } = await at.run(words, { env: at.systemEnv, ...(userId !== undefined && { userId }) });
    if (stderr) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  test.each(['runtime', 'persistent'])('reserve() keeps a %s block for its own servers', async (lifetime) => {
    const seen = await script(`
      const block = await reserve({ protocol: ['tcp', 'udp'], startPort: 21040, numberOfPorts: 2, lifetime: '${lifetime}', enforcement: 'kernel' });
      const server = createServer();
      const before = await plain(21041);
      await block.listen(server, { port: 21041 });
      const socket = createSocket('udp4');
      await block.bind(socket, { port: 21040 });
      print([block.enforcement, before, server.address().port, await plain(21040), socket.address().port]);
      server.close();
      socket.close();
      await block.release();`);
    expect(seen).toEqual(['kernel', 'EADDRINUSE', 21_041, 'EADDRINUSE', 21_040]);
    expect([await at.bind(21_040), at.pins()]).toEqual(['bound', '']);
  });

  test('listenOn() takes the token that a process was told, and is let in as the user whom it is for', async () => {
    const words = ['new', '--persistent', '--enforcement', 'kernel', '--json', '--start-port'];
    const { stdout } = await at.portreservation([...words, '21040'], { env: at.systemEnv });
    const { token } = JSON.parse(stdout).reservations[0];
    const listen = (options: object) => `
      const server = createServer();
      const end = await listenOn(server, ${JSON.stringify(options)}).then(() => server.address().port, ({ errorName, name }) => errorName ?? name);
      print(end);
      server.close();`;
    expect(await script(listen({ port: 21_040, token }), nobody)).toBe(21_040);
    expect(await script(listen({ port: 21_040 }))).not.toBe(21_040);
    await at.portreservation(['remove', '21040'], { env: at.systemEnv });
    await at.portreservation([...words, '21050', '--allow-user', 'nobody'], { env: at.systemEnv });
    expect(await script(listen({ port: 21_050, token }), nobody)).toBe(21_050);
  });
});
