import { describe, expect, onTestFinished, test } from 'vitest';
import { type Namespace, namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import type { Engine, Instance } from './support/engine.ts';
import { engineFor, installModule, ownMachine } from './support/installed.ts';
import { CommandFailed } from './support/run-command.ts';

const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';
const key = { protocol: 'tcp', startPort: 23_000, numberOfPorts: 10 };
const web = { ...key, name: 'web' };
const gone = { ...key, _exist: false };

interface Machine {
  namespace: Namespace;
  exclusions: Engine;
  reservations: Engine;
}

async function ownMachineOnLinux(): Promise<Machine> {
  const namespace = await openNamespace();
  const { modules } = installModule(onTestFinished);
  const surroundings = { env: ownMachine(onTestFinished, 'auto'), prefix: namespace.prefix };
  const [exclusions, reservations] = ['Exclusion', 'Reservation'].map((name) =>
    engineFor(modules, `PortReservation/${name}`, surroundings),
  );
  return { namespace, exclusions: exclusions!, reservations: reservations! };
}

const whatIf = async (engine: Engine, desired: Instance) =>
  ((await engine.whatIf(desired)).afterState._metadata as { whatIf: string[] }).whatIf;

const failureOf = async (promise: Promise<unknown>): Promise<string> => {
  const failure = await promise.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailed);
  return (failure as CommandFailed).traces.map(({ message }) => message).join('\n');
};

describe.skipIf(noNamespaces)(namespaceTitle('an exclusion under DSC on Linux'), () => {
  test('is made once, gets another name, and goes where it is not to exist', async () => {
    const { namespace, exclusions } = await ownMachineOnLinux();
    expect(await exclusions.get(web)).toEqual(gone);
    expect(await whatIf(exclusions, web)).toEqual(['Would keep tcp 23000-23009 out of automatic choice for good.']);
    expect(namespace.sh(`cat ${list}`)).toBe('\n');
    const { afterState } = await exclusions.set(web);
    expect(afterState).toMatchObject({ ...web, _exist: true, store: 'persistent', own: true });
    expect(namespace.sh(`cat ${list}`)).toBe('23000-23009\n');
    expect(await exclusions.set(web)).toEqual({ beforeState: afterState, afterState, changedProperties: [] });
    const renamed = { ...key, name: 'shop' };
    expect(await whatIf(exclusions, renamed)).toEqual(['Would set the name of tcp 23000-23009 to "shop".']);
    expect(await exclusions.set(renamed)).toMatchObject({
      afterState: { ...afterState, name: 'shop' },
      changedProperties: ['name'],
    });
    expect(await exclusions.export()).toEqual([{ _name: 'tcp 23000-23009', ...renamed, store: 'persistent' }]);
    expect(await whatIf(exclusions, gone)).toEqual(['Would give tcp 23000-23009 back to automatic choice.']);
    expect(await exclusions.configure(gone)).toMatchObject({ afterState: gone, changedProperties: ['_exist'] });
    expect(namespace.sh(`cat ${list}`)).toBe('\n');
    await exclusions.delete(key);
  });

  test('until the next restart is made to last, and again to last until then', async () => {
    const { namespace, exclusions } = await ownMachineOnLinux();
    await exclusions.set({ ...key, store: 'active' });
    expect(await exclusions.test(key)).toMatchObject({ inDesiredState: false, differingProperties: ['store'] });
    expect(await whatIf(exclusions, key)).toEqual(['Would set the store of tcp 23000-23009 to "persistent".']);
    expect((await exclusions.set(key)).afterState).toMatchObject({ store: 'persistent' });
    const passing = { ...key, store: 'active' };
    expect(await exclusions.test(passing)).toMatchObject({ inDesiredState: false, differingProperties: ['store'] });
    expect((await exclusions.set(passing)).afterState).toMatchObject({ store: 'active' });
    expect(namespace.sh(`cat ${list}; cat /etc/sysctl.d/zz-port-reservation.conf | grep -c '^net' || true`)).toBe(
      '23000-23009\n0\n',
    );
  });

  test('of others does as well where it lasts, and is not removed', async () => {
    const { namespace, exclusions } = await ownMachineOnLinux();
    namespace.sh('echo net.ipv4.ip_local_reserved_ports=22990-23020 > /etc/sysctl.d/90-others.conf');
    namespace.sh(`echo 22990-23020 > ${list}`);
    expect(await exclusions.test(web)).toMatchObject({
      inDesiredState: true,
      actualState: { ...key, own: false, source: expect.any(String) },
    });
    expect(await exclusions.export()).toEqual([]);
    const others = { protocol: 'tcp', startPort: 22_990, numberOfPorts: 31, _exist: false };
    expect(await failureOf(exclusions.set(others))).toMatch(
      /^NotOwner: Somebody else made the exclusion tcp 22990-23020/,
    );
    expect(await exclusions.test(gone)).toMatchObject({ inDesiredState: true });
    expect(namespace.sh(`cat ${list}`)).toBe('22990-23020\n');
  });

  test('says beforehand that a reservation is in the way', async () => {
    const { exclusions, reservations } = await ownMachineOnLinux();
    await reservations.set(web);
    const overlapping = { ...key, startPort: 23_005 };
    expect(await whatIf(exclusions, overlapping)).toEqual([
      expect.stringMatching(/^Would fail: tcp 23005-23014 .*overlaps/),
    ]);
    expect(await failureOf(exclusions.set(overlapping))).toMatch(/^Range(Reserved|Excluded): tcp 23005-23014 overlaps/);
    expect(await reservations.export()).toMatchObject([web]);
  });
});

test('an exclusion fails with the ledger provider, which has none', async () => {
  const { modules } = installModule(onTestFinished);
  const engine = engineFor(modules, 'PortReservation/Exclusion', { env: ownMachine(onTestFinished) });
  expect(await failureOf(engine.set(web))).toMatch(/^NotSupported: /);
});
