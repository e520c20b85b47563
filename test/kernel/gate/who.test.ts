import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Bpf } from '../../../src/native/linux/bpf.ts';
import { attachType } from '../../../src/native/linux/bpf-layout.ts';
import { tokenBytes } from '../../../src/native/linux/socket-token.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { enterOwnGroup } from '../../../src/providers/linux/kernel/own-group.ts';
import { withGroup } from './support/groups.ts';
import { asUser, inGroup, python, run } from './support/programs.ts';
import { IPPROTO_MPTCP, libc, TOKEN, tryBind } from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const nobody = 65_534;
const one = (startPort: number) => ({ startPort, numberOfPorts: 1 });

async function openGate() {
  const gate = KernelGate.own(room);
  onTestFinished(() => gate.close());
  return gate;
}

describe.skipIf(noGate)(gateTitle('a range that belongs to a user'), () => {
  test('is bound by its programs as they are, and by nobody else, root included', async () => {
    const gate = await openGate();
    const token = await gate.acquire('tcp', one(21_200), { allow: { userId: nobody } });
    const { refusal } = await gate.status();
    expect(asUser(nobody, python(21_200))).toBe('bound');
    expect(asUser(1000, python(21_200))).toBe(refusal);
    expect(tryBind(21_200)).toBe(refusal);
    expect(await gate.probe('tcp', token, one(21_200))).toBe(21_200);
  });

  test('gives the user no other range', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_200), { allow: { userId: nobody } });
    await gate.acquire('tcp', one(21_201));
    expect(asUser(nobody, python(21_201))).toBe((await gate.status()).refusal);
  });

  test.each([
    ['calls itself that user', ['unshare', '-U', `--map-user=${nobody}`]],
    ['calls itself root', ['unshare', '-Ur']],
  ])('is no one’s who %s in a user namespace', async (_what, namespace) => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_200), { allow: { userId: nobody } });
    await gate.acquire('tcp', one(21_202), { allow: { userId: 0 } });
    const { refusal } = await gate.status();
    expect(asUser(1000, python(21_200), namespace)).toBe(refusal);
    expect(asUser(1000, python(21_202), namespace)).toBe(refusal);
    expect(tryBind(21_202)).toBe('bound');
  });

  test('makes no other setsockopt slower: nobody needs tokens', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_200), { allow: { userId: nobody } });
    expect(await gate.status()).toMatchObject({ inForce: true, takesTokens: false });
    expect(tryBind(21_200, { token: 1n })).toBe('associate ENOPROTOOPT');
    await gate.acquire('tcp', one(21_203));
    expect(await gate.status()).toMatchObject({ takesTokens: true });
    await gate.release('tcp', one(21_203));
    expect(await gate.status()).toMatchObject({ inForce: true, takesTokens: false });
  });
});

describe.skipIf(noGate)(gateTitle('a privileged port'), () => {
  test('takes the right to bind it as ever, unless the reservation says otherwise', async () => {
    const gate = await openGate();
    const open = await gate.acquire('tcp', one(443), { allow: { privileged: true } });
    const usual = await gate.acquire('tcp', one(444));
    await gate.acquire('tcp', one(445), { allow: { userId: nobody, privileged: true } });
    const { privileged, refusal } = await gate.status();
    const admitted = privileged ? 'bound' : 'EACCES';
    expect(asUser(nobody, python(443, { token: open }))).toBe(admitted);
    expect(asUser(nobody, python(443))).toBe(refusal);
    expect(asUser(nobody, python(444, { token: usual }))).toBe('EACCES');
    expect(asUser(nobody, python(445))).toBe(admitted);
    expect(asUser(nobody, python(446))).toBe('EACCES');
  });
});

describe.skipIf(noGate)(gateTitle('a range that belongs to a service'), () => {
  const allow = { service: 'web.service' };

  test.each([true, false])(
    'is bound by programs in its control group, also in one made anew (lasting: %s)',
    async (lasting) => {
      const gate = await openGate();
      for (const protocol of ['tcp', 'udp'] as const) await gate.acquire(protocol, one(21_300), { allow });
      await gate.acquire('tcp', one(21_301));
      const { refusal } = await gate.status();
      for (let round = 0; round < 2; round++) {
        await withGroup(room, async (group) => {
          expect(inGroup(group, python(21_300))).toBe(refusal);
          const admitted = await gate.admit('web.service', group, lasting);
          expect(inGroup(group, python(21_300))).toBe('bound');
          expect(inGroup(group, python(21_300, { type: 'SOCK_DGRAM' }))).toBe('bound');
          expect(inGroup(group, python(21_301))).toBe(refusal);
          expect(tryBind(21_300)).toBe(refusal);
          admitted!.close();
          expect(inGroup(group, python(21_300))).toBe(lasting ? 'bound' : refusal);
        });
      }
    },
  );

  test('is bound in groups below its own, where container engines put programs', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_300), { allow });
    await withGroup(room, async (group) => {
      await gate.admit('web.service', group, true);
      await withGroup({ group }, (below) => expect(inGroup(below, python(21_300))).toBe('bound'));
    });
  });

  test('is refused to another service', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_300), { allow });
    await withGroup(room, async (group) => {
      await gate.admit('other.service', group, true);
      expect(inGroup(group, python(21_300))).toBe((await gate.status()).refusal);
    });
  });

  test('is bound by its MPTCP servers', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_300), { allow });
    const script = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, ${IPPROTO_MPTCP})
s.bind(("", 21300)); s.listen(); print("bound")`;
    await withGroup(room, async (group) => {
      await gate.admit('web.service', group, true);
      const said = inGroup(group, ['/usr/bin/python3', '-c', script]);
      expect(said.split('\n').at(-1)).toMatch(/^bound$|Protocol not available/);
    });
  });

  test('is let in once, however often it starts', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_300), { allow });
    const bpf = await Bpf.load();
    await withGroup(room, async (group) => {
      for (let start = 0; start < 5; start++) await gate.admit('web.service', group, true);
      const folder = openSync(group, 'r');
      expect(bpf.attached(folder, attachType.CGROUP_INET4_BIND).programIds).toHaveLength(1);
      expect(bpf.attached(folder, attachType.CGROUP_INET6_BIND).programIds).toHaveLength(1);
      closeSync(folder);
    });
  });

  test('may be that of a command which is started', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_300), { allow: { service: 'exec of this test' } });
    const own = enterOwnGroup(gate.ownGroup(), process.pid);
    const admitted = await gate.admit('exec of this test', own.path, false);
    expect(run(python(21_300))).toBe('bound');
    own.leave();
    admitted!.close();
    expect(run(python(21_300))).toBe((await gate.status()).refusal);
    expect(existsSync(own.path)).toBe(false);
  });
});

describe.skipIf(noGate)(gateTitle('a token'), () => {
  test('is put on a socket of another process by whoever may trace it', async () => {
    const gate = await openGate();
    const token = await gate.acquire('tcp', one(21_040));
    const script = `
import socket, sys
s = socket.socket()
print(s.fileno(), flush=True)
sys.stdin.readline()
try:
    s.bind(("", 21040)); print("bound")
except OSError as e: print(e)`;
    const child = spawn('/usr/bin/python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const theirs = Number((await lines.next()).value);
    const [pidfdOpen, pidfdGetfd] = [434, 438];
    const process = Number(libc.syscall(pidfdOpen, child.pid, 0, 0, 0, 0, 0));
    const mine = Number(libc.syscall(pidfdGetfd, process, theirs, 0, 0, 0, 0));
    expect(libc.setsockopt(mine, TOKEN.level, TOKEN.option, tokenBytes(token), 8)).toBe(0);
    child.stdin.write('\n');
    expect((await lines.next()).value).toBe('bound');
    for (const descriptor of [mine, process]) libc.close(descriptor);
  });

  test('is not to be read out of the kernel by an ordinary user', async () => {
    const gate = await openGate();
    await gate.acquire('tcp', one(21_047));
    const [nextId, openById] = [12, 14];
    const script = (command: number, id: number) => `
import ctypes, struct, errno
libc = ctypes.CDLL(None, use_errno=True)
attr = ctypes.create_string_buffer(struct.pack("=III", ${id}, 0, 0), 128)
print(libc.syscall(321, ${command}, attr, 12), errno.errorcode.get(ctypes.get_errno()))`;
    if (process.arch !== 'x64') return; // the number of bpf(2)
    for (const [command, id] of [
      [nextId, 0],
      [openById, 1],
    ] as const) {
      expect(asUser(nobody, ['/usr/bin/python3', '-c', script(command, id)])).toBe('-1 EPERM');
    }
  });

  test('may be asked for by any user, which tells whether the kernel takes tokens', async () => {
    const script = `
import socket
try: socket.socket().setsockopt(0x5052, 1, bytes(8)); print("taken")
except OSError as e: print(e.errno)`;
    const ask = () => asUser(nobody, ['/usr/bin/python3', '-c', script]);
    const gate = await openGate();
    expect(ask()).toBe('92');
    await gate.acquire('tcp', one(21_040));
    expect(ask()).toBe('taken');
  });

  test('is another for each reservation', async () => {
    const gate = await openGate();
    const tokens: bigint[] = [];
    for (let port = 21_400; port < 21_450; port++) tokens.push(await gate.acquire('tcp', one(port)));
    expect(new Set(tokens).size).toBe(50);
    expect(tokens.every((token) => token > 0n && token < 2n ** 64n)).toBe(true);
    expect(tokens.map((token, index) => tryBind(21_400 + index, { token }))).toEqual(tokens.map(() => 'bound'));
  });
});
