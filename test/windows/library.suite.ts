import { describe, expect, test } from 'vitest';
import { bindAll, expectFree, expectReserved, WSAEACCES } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** Imports the library, does what the lines say, and waits for the end of input. */
const script = (body: string) => `
  const { openService, reserve, startWorker } = await import(process.argv[2]);
  const print = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  const input = process.stdin[Symbol.asyncIterator]();
  ${body}`;

/** The library as npm users import it, in a Windows process of their own. */
export function librarySuite(windows: Windows): void {
  describe('the library', () => {
    const machine = eachMachine(windows);

    test('reserve holds a block until its end', async () => {
      const program = await machine().caller();
      const start = (await machine().block(5)) + 1;
      const code = script(`
        const block = await reserve({ protocol: 'tcp', startPort: ${start}, numberOfPorts: 3 });
        print(block);
        await input.next();
        await block[Symbol.asyncDispose]();
        print('released');
        await input.next();`);
      const process = await machine().script(code);
      const lines = process.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
      const block = JSON.parse((await lines.next()).value);
      expect(block).toMatchObject({ enforcement: 'kernel', ports: [start, start + 1, start + 2] });
      expect(block.owner.processId).toBe(process.pid);
      await expectReserved(program, 'tcp', start, 3);
      process.stdin.write('go on\n');
      expect(JSON.parse((await lines.next()).value)).toBe('released');
      await expectFree(program, 'tcp', start, 3);
      process.stdin.end();
      expect(await process.ended).toMatchObject({ code: 0, stderr: '' });
    });

    testWith(windows, 'elevated')('openService makes, probes, lists and frees a persistent reservation', async () => {
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(2);
      const code = script(`
        const service = await openService();
        const params = { protocol: 'udp', startPort: ${start}, numberOfPorts: 2, lifetime: 'persistent', name: 'dns' };
        const made = (await service.create(params)).reservations[0];
        const { protocol, range, token } = made;
        const probed = (await service.probe({ token })).ports[0];
        const { reservations } = await service.list({ name: 'dns' });
        const found = (await service.lookup({ protocol, range })).reservations[0];
        await service.close();
        print([made, probed, reservations, found]);`);
      const made = await machine().script(code, { elevated: true });
      made.stdin.end();
      const { stdout, stderr, code: exitCode } = await made.ended;
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      const [created, probed, list, found] = JSON.parse(stdout);
      expect(list).toEqual([created]);
      expect(found).toEqual(created);
      expect([start, start + 1]).toContain(probed.port);
      expect(await program.call('lookup', 'udp', start, 2)).toEqual({ code: 0, token: created.token });
      expect(await bindAll(program, 'udp', start, 2)).toEqual([WSAEACCES, WSAEACCES]);
    });

    test('startWorker starts the worker that the package has', async () => {
      const start = await machine().block(1);
      const code = script(`
        const worker = await startWorker();
        const { range } = (await worker.request('reservation/create', { protocol: 'tcp', startPort: ${start} })).reservations[0];
        await worker.close();
        print({ server: worker.server, range });`);
      const process = await machine().script(code);
      process.stdin.end();
      const { stdout, stderr } = await process.ended;
      expect(stderr).toBe('');
      const range = { startPort: start, numberOfPorts: 1 };
      expect(JSON.parse(stdout)).toMatchObject({ range, server: { platform: 'win32', provider: 'windows' } });
    });
  });
}
