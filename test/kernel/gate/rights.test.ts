import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Bpf, BpfError } from '../../../src/native/linux/bpf.ts';
import { mapType } from '../../../src/native/linux/bpf-layout.ts';
import { gateError } from '../../../src/providers/linux/kernel/failure.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { refusal as refused } from '../../support/machine.ts';
import { atGate } from './support/gate-process.ts';
import { IPPROTO_MPTCP, libc, tryBind } from './support/raw-sockets.ts';
import { gateTitle, noGate, removeGroup, useRoom } from './support/room.ts';

const room = useRoom();
const one = { startPort: 21_040, numberOfPorts: 1 };

const user = (id: number) => ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups'];
const withOnly = (...names: string[]) => ['setpriv', `--bounding-set=-all${names.map((name) => `,+${name}`).join('')}`];

/** What docker gives a container's root. */
const dockers =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap';

describe.skipIf(noGate)(gateTitle('without the right'), () => {
  test.each([
    ['of root, as an ordinary user', user(65_534), 'BTF_LOAD', 'it lacks CAP_BPF and CAP_NET_ADMIN'],
    ['of root, in a user namespace', [...user(1000), 'unshare', '-Ur'], 'BTF_LOAD', 'user namespace'],
    [
      'to BPF, as root of a container',
      withOnly(...dockers.split(',')),
      'BTF_LOAD',
      'it lacks CAP_BPF and CAP_NET_ADMIN',
    ],
    ['to the network, with CAP_BPF alone', withOnly('bpf'), 'PROG_LOAD', 'it lacks CAP_NET_ADMIN'],
    ['to BPF, with CAP_NET_ADMIN alone', withOnly('net_admin'), 'BTF_LOAD', 'it lacks CAP_BPF'],
  ])('%s, the failing call is named and nothing is left', async (_what, before, call, words) => {
    const { outcomes } = await atGate(
      {
        place: room,
        kind: 'own',
        calls: [
          ['acquire', 'tcp', one],
          ['claim', 'tcp', one],
        ],
      },
      before,
    );
    for (const { error } of outcomes) {
      expect(error?.errorName).toBe('AccessDenied');
      expect(error?.facts).toMatchObject({ osFunction: `bpf(BPF_${call})`, osCode: 'EPERM' });
      expect(error?.message).toContain(`bpf(BPF_${call}) failed with EPERM`);
      expect(error?.facts.hint).toContain(words);
    }
    expect([outcomes.length, existsSync(room.pins), tryBind(21_040)]).toEqual([2, false, 'bound']);
  });

  test('the pinned gate can be neither looked at nor changed, and stays', async () => {
    const gate = KernelGate.pinned(room);
    onTestFinished(() => gate.off());
    await gate.settle([{ protocol: 'tcp', range: one, token: 5n }]);
    const calls: [string, ...unknown[]][] = [['list'], ['status'], ['release', 'tcp', one], ['off'], ['settle', []]];
    const { outcomes } = await atGate({ place: { ...room, userId: 65_534 }, kind: 'pinned', calls }, user(65_534));
    expect(outcomes.map(({ error }) => [error?.errorName, error?.facts.hint?.includes('sudo')])).toEqual(
      calls.map(() => ['AccessDenied', true]),
    );
    expect(tryBind(21_040)).toBe('EADDRINUSE');
  });

  test('it can be told whether a reservation is in force, unless it lets the asker in', async () => {
    const gate = KernelGate.pinned(room);
    onTestFinished(() => gate.off());
    const reservation = { protocol: 'tcp' as const, range: one, token: 5n };
    const theirs = {
      ...reservation,
      token: 6n,
      range: { startPort: 21_041, numberOfPorts: 1 },
      allow: { userId: 65_534 },
    };
    const asked = [reservation, theirs].map(({ token: _, ...rest }) => rest);
    const ask = async (id: number) => {
      const calls = asked.map((one) => ['enforces', one, id] as [string, ...unknown[]]);
      const { outcomes } = await atGate(
        { place: { ...room, userId: id }, kind: 'pinned', calls },
        id === 0 ? [] : user(id),
      );
      return outcomes.map(({ result }) => result);
    };
    expect([await ask(0), await ask(65_534)]).toEqual([
      [false, false],
      [false, false],
    ]);
    await gate.settle([reservation, theirs]);
    expect([await ask(0), await ask(1000), await ask(65_534)]).toEqual([
      [true, true],
      [true, true],
      [true, null],
    ]);
    const keep: number[] = [];
    tryBind(21_040, { token: 5n, listen: true, keep });
    expect([await ask(0), await ask(1000)]).toEqual([
      [true, true],
      [null, true],
    ]);
    for (const descriptor of keep) libc.close(descriptor);
    await gate.off();
    expect([await ask(0), await ask(1000)]).toEqual([
      [false, false],
      [false, false],
    ]);
  });

  test('to trace, CAP_BPF and CAP_NET_ADMIN do, without MPTCP', async () => {
    const task = {
      place: room,
      kind: 'own' as const,
      calls: [['acquire', 'tcp', one], ['status']] as [string, ...unknown[]][],
    };
    const { outcomes } = await atGate(task, withOnly('bpf', 'net_admin'));
    expect(outcomes[0]!.error).toBeUndefined();
    expect(outcomes[1]!.result).toMatchObject({ inForce: true, mptcp: false, takesTokens: true });
  });

  test('to trace, a process makes a gate that one with all rights completes', async () => {
    const gate = KernelGate.pinned(room);
    onTestFinished(() => gate.off());
    const settle = ['settle', [{ protocol: 'tcp', range: one, token: 5n }]] as [string, ...unknown[]];
    const bpf = await Bpf.load();
    const running = () => {
      const program = bpf.open(join(room.pins, 'bind4'))!;
      const { id, name } = bpf.programInfo(program);
      bpf.close(program);
      return { id, can: name.split('_')[1] };
    };
    await atGate({ place: room, kind: 'pinned', calls: [settle] }, withOnly('bpf', 'net_admin'));
    const first = running();
    expect(first.can).toContain('x');
    await atGate({ place: room, kind: 'pinned', calls: [settle] }, withOnly('bpf', 'net_admin'));
    expect(running()).toEqual(first);
    await gate.settle([{ protocol: 'tcp', range: one, token: 5n }]);
    expect([running().can, tryBind(21_040)]).toEqual(['emp', 'EADDRINUSE']);
  });

  test('to trace, a process takes nothing from the gate that another made', async () => {
    const gate = KernelGate.pinned(room);
    onTestFinished(() => gate.off());
    await gate.settle([{ protocol: 'tcp', range: one, token: 5n }]);
    const before = await gate.status();
    await atGate(
      { place: room, kind: 'pinned', calls: [['settle', [{ protocol: 'tcp', range: one, token: 5n }]]] },
      withOnly('bpf', 'net_admin'),
    );
    expect(await gate.status()).toEqual(before);
  });
});

/** From 6.1 on the kernel has all that the gate may have; one without MPTCP has no such sockets. */
const hasAll = (() => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 1);
})();
const old = hasAll ? '' : ' (skipped: needs Linux 6.1)';

describe.skipIf(noGate ?? !hasAll)(gateTitle(`with all rights${old}`), () => {
  test('the gate can all that there is', async () => {
    const gate = KernelGate.own(room);
    onTestFinished(() => gate.close());
    await gate.acquire('tcp', one);
    const mptcp = tryBind(21_050, { protocol: IPPROTO_MPTCP }) === 'bound';
    expect(await gate.status()).toMatchObject({ refusal: 'EADDRINUSE', privileged: true, ...(mptcp && { mptcp }) });
  });
});

describe.skipIf(noGate)(gateTitle('a place'), () => {
  test('that is no BPF file system is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-bpffs-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const gate = KernelGate.pinned({ ...room, pins: join(folder, 'port-reservation') });
    for (const work of [() => gate.claim('tcp', one), () => gate.acquire('tcp', one)]) {
      const { errorName, facts } = await refused(work());
      expect([errorName, facts.hint]).toEqual(['NotSupported', `Mount it: mount -t bpf bpf ${folder}`]);
    }
    expect(tryBind(21_040)).toBe('bound');
  });

  test.each([
    ['belongs to somebody else', (path: string) => chownSync(path, 1000, 1000), 'belongs to user 1000'],
    ['is open to others', () => {}, 'is open to others'],
  ])('whose folder %s is not trusted', async (_what, spoil, words) => {
    mkdirSync(room.pins, 0o755);
    onTestFinished(() => rmSync(room.pins, { recursive: true, force: true }));
    spoil(room.pins);
    const { errorName, message, facts } = await refused(KernelGate.pinned(room).acquire('tcp', one));
    expect([errorName, facts.hint]).toEqual(['AccessDenied', expect.stringContaining(`rm -r ${room.pins}`)]);
    expect(message).toContain(words);
  });

  test('that is a control group of version 1 is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'version-1-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { errorName, facts } = await refused(KernelGate.own({ ...room, group: folder }).acquire('tcp', one));
    expect([errorName, facts.osCode]).toEqual(['NotSupported', 'EBADF']);
  });

  test('whose control group is gone is made anew on another', async () => {
    const group = `${room.group}/passing`;
    mkdirSync(group);
    const gate = KernelGate.pinned(room);
    onTestFinished(() => gate.off());
    const reservation = { protocol: 'tcp' as const, range: one, token: 5n };
    await KernelGate.pinned({ ...room, group }).settle([reservation]);
    expect((await refused(gate.settle([reservation]))).message).toContain('another control group');
    await removeGroup(group);
    for (let left = true; left; ) {
      // The kernel takes its programs off in its own time.
      left = await gate.settle([reservation]).then(
        () => false,
        ({ message }) => message.includes('another control group'),
      );
    }
    expect([tryBind(21_040), tryBind(21_040, { token: 5n })]).toEqual(['EADDRINUSE', 'bound']);
  });

  test('with maps of another layout is left alone, until it is switched off', async () => {
    const gate = KernelGate.pinned(room);
    onTestFinished(() => gate.off());
    await gate.settle([{ protocol: 'tcp', range: one, token: 5n }]);
    rmSync(join(room.pins, 'ranges'));
    const bpf = await Bpf.load();
    const map = bpf.createMap({
      name: 'later',
      type: mapType.LPM_TRIE,
      keySize: 20,
      valueSize: 24,
      entries: 1,
      flags: 1,
    });
    bpf.pin(map, join(room.pins, 'ranges'));
    bpf.close(map);
    const { errorName, facts } = await refused(gate.settle([{ protocol: 'tcp', range: one, token: 5n }]));
    expect([errorName, facts.hint]).toEqual(['NotSupported', expect.stringContaining('settle --off')]);
    expect(tryBind(21_040)).toBe('EADDRINUSE');
    await gate.off();
    expect([existsSync(room.pins), tryBind(21_040)]).toEqual([false, 'bound']);
  });
});

test.each([
  ['ENOSYS', 'NotSupported', 'CONFIG_BPF_SYSCALL'],
  ['EINVAL', 'NotSupported', 'Linux 5.10'],
  ['ENOMEM', 'OsError', 'out of memory'],
  ['EIO', 'OsError', undefined],
])('a kernel that answers %s is told of as %s', (code, name, words) => {
  const error = gateError(new BpfError('PROG_LOAD', code, 'R1 is bad'), 'enforce', 'tcp 5000') as {
    errorName: string;
    message: string;
    facts: { hint?: string };
  };
  expect(error).toMatchObject({
    errorName: name,
    message: `Cannot enforce: bpf(BPF_PROG_LOAD) failed with ${code}. The verifier says: R1 is bad`,
  });
  if (words) expect(error.facts.hint).toContain(words);
  else expect(error.facts.hint).toBeUndefined();
});
