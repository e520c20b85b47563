import { describe, expect, test } from 'vitest';
import { expectFree, expectReserved } from './support/ports.ts';
import { eachMachine, type StartOptions, testWith, type Windows } from './support/windows.ts';

interface Answer {
  code: number | null;
  /** What it wrote for the engine, line by line. */
  lines: unknown[];
  /** The messages of its error traces. */
  errors: string[];
}

const valuesIn = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The DSC resources, from the program that their manifests name. */
export function dscSuite(windows: Windows): void {
  const elevated = testWith(windows, 'elevated');
  const ordinary = testWith(windows, 'ordinary');

  describe('the DSC resources', () => {
    const machine = eachMachine(windows);

    async function dsc(operation: string[], instance: unknown, options?: StartOptions): Promise<Answer> {
      const program = await machine().dsc(operation, options);
      program.stdin.end(JSON.stringify(instance));
      const { code, stdout, stderr } = await program.ended;
      return { code, lines: valuesIn(stdout), errors: valuesIn(stderr).map(({ error }) => error) };
    }

    elevated('reserve in the system, say so, and give back', async () => {
      const rights = { elevated: true };
      const program = await machine().caller(rights);
      const instance = { protocol: 'tcp', startPort: await machine().block(4), numberOfPorts: 4, name: 'web' };
      const there = { ...instance, _exist: true, provider: 'windows', enforcement: 'kernel' };
      expect(await dsc(['set', 'Reservation', '--what-if'], instance, rights)).toMatchObject({
        code: 0,
        lines: [{ _metadata: { whatIf: [expect.stringMatching(/^Would reserve tcp /)] } }, ['_exist', 'name']],
      });
      await expectFree(program, 'tcp', instance.startPort, 4);
      const made = await dsc(['set', 'Reservation'], instance, rights);
      expect(made).toMatchObject({ code: 0, lines: [there, ['_exist', 'name']], errors: [] });
      await expectReserved(program, 'tcp', instance.startPort, 4);
      expect(await program.call('lookup', 'tcp', instance.startPort, 4)).toMatchObject({ code: 0 });
      expect(await dsc(['test', 'Reservation'], instance, rights)).toMatchObject({
        lines: [{ ...there, _inDesiredState: true }, []],
      });
      expect(await dsc(['set', 'Reservation'], { ...instance, _exist: false }, rights)).toMatchObject({
        lines: [{ _exist: false }, ['_exist']],
      });
      await expectFree(program, 'tcp', instance.startPort, 4);
    });

    elevated('see what another program reserved, and give it a name', async () => {
      const rights = { elevated: true };
      const program = await machine().caller(rights);
      const place = { protocol: 'udp', startPort: await machine().block(2), numberOfPorts: 2 };
      await program.call('create', 'udp', place.startPort, 2);
      expect(await dsc(['test', 'Reservation'], place, rights)).toMatchObject({
        lines: [{ _inDesiredState: true }, []],
      });
      expect(await dsc(['set', 'Reservation'], { ...place, name: 'game' }, rights)).toMatchObject({
        lines: [{ ...place, name: 'game', enforcement: 'kernel' }, ['name']],
      });
    });

    elevated('exclude ports, name the exclusion, and give back', async () => {
      const rights = { elevated: true };
      const program = await machine().caller(rights);
      const startPort = await machine().block(2);
      const place = { protocol: 'tcp', startPort, numberOfPorts: 2 };
      const isListed = async () => {
        const { output } = await program.call('netsh', 'int', 'ipv4', 'show', 'excludedportrange', 'tcp', 'persistent');
        return new RegExp(`^ +${startPort} +${startPort + 1} +\\*`, 'm').test(output);
      };
      const there = { ...place, _exist: true, own: true, store: 'persistent', source: 'netsh' };
      expect(await dsc(['set', 'Exclusion'], place, rights)).toMatchObject({
        code: 0,
        lines: [there, ['_exist', 'store']],
      });
      expect(await isListed()).toBe(true);
      expect(await dsc(['set', 'Exclusion'], { ...place, name: 'db' }, rights)).toMatchObject({
        lines: [{ ...there, name: 'db' }, ['name']],
      });
      expect(await dsc(['test', 'Exclusion'], place, rights)).toMatchObject({ lines: [{ _inDesiredState: true }, []] });
      expect(await dsc(['delete', 'Exclusion'], place, rights)).toEqual({ code: 0, lines: [], errors: [] });
      expect(await isListed()).toBe(false);
    });

    ordinary('tell who lacks the rights', async () => {
      const place = { protocol: 'tcp', startPort: await machine().block(2), numberOfPorts: 2 };
      expect(await dsc(['set', 'Reservation'], place)).toMatchObject({
        code: 101,
        lines: [],
        errors: [expect.stringMatching(/^AccessDenied: No permission for tcp .*administrator/)],
      });
    });

    test('name what is wrong with the input', async () => {
      expect(await dsc(['get', 'Reservation'], { protocol: 'tcp', startPort: 0, numberOfPorts: 1 })).toEqual({
        code: 64,
        lines: [],
        errors: ['startPort must be 1 to 65535'],
      });
    });
  });
}
