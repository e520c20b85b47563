import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { moduleFolder } from '../../powershell/module-session.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const nobody = 65_534;
const entry = { protocol: 'tcp', startPort: 21_040, numberOfPorts: 3, name: 'web' };
const kernel = { ...entry, enforcement: 'kernel' };

const listener = `
import socket, sys
s = socket.socket(); s.bind(("", int(sys.argv[1]))); s.listen(); print("ready", flush=True); sys.stdin.read()`;

describe.skipIf(noGate)(gateTitle('what the kernel is to enforce, in a document'), () => {
  let at: GatedMachine;
  beforeAll(async () => {
    at = await GatedMachine.open();
  });
  beforeEach(() => at.reset());
  afterAll(() => at?.close());

  const apply = async (reservations: object[], ...words: string[]) => {
    const input = JSON.stringify({ name: 'shop', reservations });
    const { stdout, stderr } = await at.portreservation(['apply', '-', '--format', 'json', '--json', ...words], {
      input,
    });
    const { changes } = JSON.parse(stdout || stderr);
    return changes.map(({ action, differs, error }: { action: string; differs?: string[]; error?: { name: string } }) =>
      [action, ...(differs ?? []), ...(error ? [error.name] : [])].join(' '),
    );
  };
  // One after the other: where nobody is refused they would be in each other's way.
  const asked = async () => [await at.bind(21_040), await at.bind(21_040, { userId: nobody })];
  const serve = async (port: number) => {
    const server = at.start(['/usr/bin/python3', '-c', listener, `${port}`]);
    await new Promise((resolve) => server.stdout!.once('data', resolve));
  };

  test('is made so, is said beforehand, and stays so the second time', async () => {
    expect([await apply([kernel], '--what-if'), at.pins()]).toEqual([['create'], '']);
    expect([await apply([kernel]), await asked()]).toEqual([['create'], ['EADDRINUSE', 'EADDRINUSE']]);
    expect(await apply([kernel])).toEqual(['none']);
  });

  test('changes who is stopped and who let in, also where a server listens', async () => {
    await serve(21_041);
    expect([await apply([kernel]), await asked()]).toEqual([['create PortInUse'], ['bound', 'bound']]);
    await at.reset();
    await apply([entry]);
    await serve(21_041);
    expect(await apply([kernel], '--what-if')).toEqual(['update enforcement']);
    expect([await apply([kernel]), await asked()]).toEqual([['update enforcement'], ['EADDRINUSE', 'EADDRINUSE']]);
    const forUser = { ...kernel, allow: { user: 'nobody' } };
    expect([await apply([forUser]), await asked()]).toEqual([['update allow'], ['EADDRINUSE', 'bound']]);
    expect(await apply([{ ...forUser, allow: { user: '65534' } }])).toEqual(['none']);
    expect([await apply([entry]), await asked()]).toEqual([['update enforcement allow'], ['bound', 'bound']]);
    expect([at.pins(), at.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports').trim()]).toEqual(['', '21040-21042']);
  });

  test('grows and shrinks without letting go, and goes when it is pruned', async () => {
    await apply([kernel]);
    await serve(21_050);
    const larger = { ...kernel, startPort: 21_039, numberOfPorts: 6 };
    expect(await apply([larger])).toEqual(['release', 'create']);
    expect(await Promise.all([21_038, 21_039, 21_044, 21_045].map((port) => at.bind(port)))).toEqual([
      'bound',
      'EADDRINUSE',
      'EADDRINUSE',
      'bound',
    ]);
    expect(await apply([{ ...kernel, startPort: 21_039, numberOfPorts: 12 }])).toEqual([
      'release PortInUse',
      'create PortInUse',
    ]);
    expect(await Promise.all([21_039, 21_044, 21_045].map((port) => at.bind(port)))).toEqual([
      'EADDRINUSE',
      'EADDRINUSE',
      'bound',
    ]);
    expect(await apply([{ ...kernel, startPort: 21_041, numberOfPorts: 2 }])).toEqual(['release', 'create']);
    expect(await Promise.all([21_040, 21_041, 21_042, 21_043].map((port) => at.bind(port)))).toEqual([
      'bound',
      'EADDRINUSE',
      'EADDRINUSE',
      'bound',
    ]);
    expect([await apply([], '--prune'), await at.bind(21_041), at.pins()]).toEqual([['release'], 'bound', '']);
  });

  test('is exported as it is asked for', async () => {
    await apply([
      { ...kernel, allow: { user: 'nobody' } },
      { protocol: 'udp', startPort: 53_000 },
    ]);
    const { stdout } = await at.portreservation(['export', '--format', 'json', '--document', 'shop']);
    expect(JSON.parse(stdout).reservations).toEqual([
      { ...kernel, allow: { user: 'nobody' } },
      { protocol: 'udp', startPort: 53_000, numberOfPorts: 1 },
    ]);
  });

  test('is a property of DSC, and what an instance leaves out stays', async () => {
    const dsc = async (operation: string[], instance: object) => {
      const { stdout, stderr, code } = await at.run(
        [process.execPath, `${moduleFolder}/worker/dsc.cjs`, ...operation],
        {
          input: JSON.stringify(instance),
        },
      );
      if (code !== 0) return stderr.split('\n')[0];
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    const place = { protocol: 'tcp', startPort: 21_040, numberOfPorts: 3 };
    const instance = { ...place, enforcement: 'kernel', allow: { user: 'nobody' } };
    const [made, differing] = (await dsc(['set', 'Reservation'], instance)) as [object, string[]];
    expect(made).toMatchObject({ enforcement: 'kernel', allow: { user: 'nobody', userId: nobody } });
    expect([differing, await asked()]).toEqual([
      ['_exist', 'enforcement', 'allow'],
      ['EADDRINUSE', 'bound'],
    ]);
    expect(await dsc(['test', 'Reservation'], made)).toMatchObject([{ _inDesiredState: true }, []]);
    expect(await dsc(['set', 'Reservation'], { ...place, name: 'web' })).toMatchObject([
      { name: 'web', enforcement: 'kernel', allow: { user: 'nobody' } },
      ['name'],
    ]);
    expect(await dsc(['export', 'Reservation'], {})).toMatchObject([{ ...instance, name: 'web' }]);
    expect(await dsc(['set', 'Reservation'], { ...place, enforcement: 'ephemeralOnly' })).toMatchObject([
      { enforcement: 'ephemeralOnly' },
      ['enforcement', 'allow'],
    ]);
    expect(await dsc(['set', 'Reservation'], { ...place, enforcement: 'socket' })).toContain('enforcement');
  });
});
