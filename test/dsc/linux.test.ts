import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { engineFor, installModule, ownMachine } from './support/installed.ts';
import { CommandFailed } from './support/run-command.ts';

const type = 'PortReservation/Reservation';
const web = { protocol: 'tcp', startPort: 23_000, numberOfPorts: 10, name: 'web' };
const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';

describe.skipIf(noNamespaces)(namespaceTitle('a reservation under DSC on Linux'), () => {
  test('keeps the ports out of automatic choice until it is not to exist', async () => {
    const namespace = await openNamespace();
    const { modules } = installModule(onTestFinished);
    const env = ownMachine(onTestFinished, 'auto');
    const engine = engineFor(modules, type, { env, prefix: namespace.prefix });
    await engine.whatIf(web);
    expect(namespace.sh(`cat ${list}`)).toBe('\n');
    expect((await engine.set(web)).afterState).toMatchObject({ provider: 'linux', enforcement: 'ephemeralOnly' });
    expect(namespace.sh(`cat ${list}`)).toBe('23000-23009\n');
    expect(namespace.sh('cat /etc/sysctl.d/*')).toContain('23000-23009');
    expect(await engine.set(web)).toMatchObject({ changedProperties: [] });
    await engine.configure({ ...web, _exist: false });
    expect(namespace.sh(`cat ${list}`)).toBe('\n');
  });

  test('has the ports back in the list by the next set, where a killed process left them out', async () => {
    const namespace = await openNamespace();
    const { modules } = installModule(onTestFinished);
    const engine = engineFor(modules, type, { env: ownMachine(onTestFinished, 'auto'), prefix: namespace.prefix });
    await engine.set(web);
    namespace.sh(`echo > ${list}`);
    // To DSC, what the system has lost is not there.
    expect(await engine.test(web)).toMatchObject({ inDesiredState: false, actualState: { _exist: false } });
    expect(await engine.set(web)).toMatchObject({ changedProperties: ['_exist'], afterState: { _exist: true } });
    expect(namespace.sh(`cat ${list}`)).toBe('23000-23009\n');
  });

  test('fails for an ordinary user with the reason, and is seen by one', async () => {
    const namespace = await openNamespace();
    const { modules } = installModule(onTestFinished);
    chmodSync(modules, 0o755);
    const env = ownMachine(onTestFinished, 'auto');
    const home = env.PORT_RESERVATION_HOME!;
    mkdirSync(home);
    chmodSync(`${home}/..`, 0o755);
    chownSync(home, 65_534, 65_534);
    const prefix = [...namespace.prefix, 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const engine = engineFor(modules, type, { env, prefix });
    expect(await engine.test(web)).toMatchObject({ inDesiredState: false });
    const failure = await engine.set(web).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandFailed);
    const { exitCode, traces } = failure as CommandFailed;
    expect(exitCode).toBe(101);
    expect(traces.map(({ message }) => message)).toEqual([expect.stringMatching(/^AccessDenied: .*root/)]);
    expect(await engine.get(web)).toMatchObject({ _exist: false });
  });
});
