import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { portreservation } from '../../cli/support.ts';
import { refusal } from '../../support/machine.ts';
import { only } from '../../support/only.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const nobody = 65_534;

/** As whom a command is run: without some of root's rights, or as another user. */
interface Caller {
  userId?: number;
  caps?: string;
}

const range = { startPort: 21_040, numberOfPorts: 3 };
const exactly = { protocol: 'tcp', range } as const;
const kernel = { protocol: 'tcp', ...range, enforcement: 'kernel' } as const;

describe.skipIf(noGate)(gateTitle('a runtime reservation that the kernel enforces'), () => {
  let at: GatedMachine;
  beforeAll(async () => {
    at = await GatedMachine.open();
  });
  beforeEach(() => at.reset());
  afterAll(() => at?.close());

  test('is for the token alone, leaves nothing pinned, and goes with its worker, however that ends', async () => {
    for (const end of ['release', 'close', 'kill'] as const) {
      const worker = await at.worker();
      const made = only(await worker.request('reservation/create', kernel));
      expect(made).toMatchObject({
        lifetime: 'runtime',
        enforcement: 'kernel',
        owner: { processId: worker.processId },
      });
      const { token } = made;
      expect(await Promise.all([at.bind(21_041), at.bind(21_041, { token }), at.bind(21_043)])).toEqual([
        'EADDRINUSE',
        'bound',
        'bound',
      ]);
      expect([at.pins(), await worker.request('reservation/probe', { token })]).toEqual([
        '',
        { ports: [{ protocol: 'tcp', port: 21_040 }] },
      ]);
      if (end === 'release') await worker.request('reservation/release', exactly);
      if (end === 'kill') process.kill(worker.processId, 'SIGKILL');
      if (end !== 'release') await worker.close();
      while ((await at.bind(21_041)) !== 'bound'); // the kernel needs a moment after the last link is closed
    }
  });

  test('keeps its token to itself: other workers know of it, and cannot use or free it', async () => {
    const [worker, other] = [await at.worker(), await at.worker()];
    const { token, ...known } = only(await worker.request('reservation/create', kernel));
    expect(only(await other.request('reservation/lookup', exactly))).toEqual(known);
    for (const method of ['reservation/probe', 'reservation/release'] as const) {
      expect((await refusal(other.request(method, exactly))).errorName).toBe('NotOwner');
    }
    const folder = join(at.folder, 'home/runtime');
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(files.map((name) => readFileSync(join(folder, name), 'utf8').includes(token!))).toEqual([false]);
    const twice = await refusal(other.request('reservation/create', { ...kernel, startPort: 21_042 }));
    expect(twice.errorName).toBe('RangeReserved');
  });

  test('lets in the user whom it is for', async () => {
    const worker = await at.worker();
    await worker.request('reservation/create', { ...kernel, allow: { user: 'nobody' } });
    expect([await at.bind(21_040), await at.bind(21_040, { userId: nobody })]).toEqual(['EADDRINUSE', 'bound']);
  });

  test('is refused where automatic choice would take its ports', async () => {
    const worker = await at.worker();
    const [first] = at.sh('cat /proc/sys/net/ipv4/ip_local_port_range').split(/\s+/);
    const startPort = Number(first) + 7;
    for (const whatIf of [true, false]) {
      const refused = await refusal(worker.request('reservation/create', { ...kernel, startPort, whatIf }));
      expect([refused.errorName, refused.facts.hint]).toEqual(['NotSupported', expect.stringContaining('exclude')]);
    }
    await worker.request('exclusion/add', { protocol: 'tcp', range: { startPort, numberOfPorts: 3 } });
    expect(await worker.request('reservation/create', { ...kernel, startPort })).toMatchObject({
      reservations: [{ range: { startPort } }],
    });
  });

  test('is refused to an ordinary user, with the call that failed', async () => {
    const worker = await at.worker({ userId: nobody, env: at.systemEnv });
    const { errorName, facts } = await refusal(worker.request('reservation/create', kernel));
    expect([errorName, facts.osFunction]).toEqual(['AccessDenied', expect.stringMatching(/^bpf/i)]);
    expect(facts.hint).toContain('Run as root');
  });

  test('is refused to root without the right to BPF', async () => {
    const without = ['setpriv', '--bounding-set=-sys_admin,-bpf,-perfmon', '--inh-caps=-all', '--'];
    const exec = ['exec', '--enforcement', 'kernel', '--start-port', '21040', '--json', '--', 'true'];
    const { code, stderr } = await at.run([...without, process.execPath, portreservation, ...exec]);
    expect([code, JSON.parse(stderr).error]).toMatchObject([
      1,
      { name: 'AccessDenied', hint: expect.stringContaining('CAP_BPF') },
    ]);
  });

  describe('of exec', () => {
    const server = `
import socket, subprocess, sys
def bind(port):
    s = socket.socket()
    try:
        s.bind(("", port)); s.listen(); return s
    except OSError as e: return e.errno
port = int(sys.argv[1])
mine = bind(port)
child = subprocess.run([sys.executable, "-c", f"import socket; socket.socket().bind(('', {port + 1})); print('child')"], capture_output=True, text=True)
print(type(mine).__name__, child.stdout.strip() or child.stderr, flush=True)
sys.stdin.read()`;
    const words = ['exec', '--enforcement', 'kernel', '--start-port', '21040', '--ports', '3', '--'];

    test('is for the command and what it starts, and for nobody else', async () => {
      const command = [process.execPath, portreservation, ...words, '/usr/bin/python3', '-c', server, '{PORT}'];
      const child = at.start(command);
      const { value: line } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
      expect(line).toBe('socket child');
      expect([await at.bind(21_041), at.pins()]).toEqual(['EADDRINUSE', '']);
      expect((await at.portreservation(['get'])).stdout).toContain('Kernel');
      child.stdin!.end();
      expect((await once(child, 'close'))[0]).toBe(0);
      while ((await at.bind(21_041)) !== 'bound');
      expect(at.sh("find /sys/fs/cgroup -name 'portreservation-*'")).toBe('');
    });

    test('says without root that it is held as ever', async () => {
      const { code, stdout, stderr } = await at.portreservation([...words, 'sh', '-c', 'echo $PORT'], {
        userId: nobody,
        env: at.systemEnv,
      });
      expect([code, stdout.trim()]).toEqual([0, '21040']);
      expect(stderr).toContain('for root alone');
    });

    const auto = ['exec', '--hold', 'auto', '--start-port', '21040', '--ports', '3', '--'];

    test('is what --hold auto comes to, for the command and what it starts alone', async () => {
      const child = at.start([process.execPath, portreservation, ...auto, '/usr/bin/python3', '-c', server, '{PORT}']);
      const said = text(child.stderr!);
      const { value: line } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
      expect([line, await at.bind(21_041)]).toEqual(['socket child', 'EADDRINUSE']);
      child.stdin!.end();
      expect((await once(child, 'close'))[0]).toBe(0);
      expect(await said).toMatch(
        /^portreservation: tcp 21040-21042 for python3: the kernel lets in this command alone/,
      );
      while ((await at.bind(21_041)) !== 'bound');
      const would = await at.portreservation(['exec', '--what-if', ...auto.slice(1), 'true']);
      expect([would.code, would.stdout, await at.bind(21_041)]).toEqual([
        0,
        expect.stringContaining('Would reserve'),
        'bound',
      ]);
    });

    test.each([
      ['another user', { userId: nobody }, [], /the kernel refuses binds for root alone/],
      ['root without its rights', { caps: '-sys_admin,-bpf,-perfmon' }, [], /--hold auto is --hold yield here: \S/],
      ['the provider of the ledger', {}, ['--provider', 'ledger'], /--hold auto is --hold yield here: .*ledger/],
    ])('is yield for --hold auto of %s, which is said', async (_, { userId, caps }: Caller, more, why) => {
      const words = [process.execPath, portreservation, 'exec', ...more, ...auto.slice(1)];
      const without = caps ? ['setpriv', `--bounding-set=${caps}`, '--'] : [];
      const run = (...quiet: string[]) =>
        at.run([...without, ...words.slice(0, 3), ...quiet, ...words.slice(3), 'sh', '-c', 'echo $PORT'], {
          ...(userId !== undefined && { userId }),
          env: at.systemEnv,
        });
      const { code, stdout, stderr } = await run();
      expect([code, stdout.trim(), stderr]).toEqual([0, '21040', expect.stringMatching(why)]);
      expect(stderr).toContain('kept from port 0 and connect');
      expect((await run('--quiet')).stderr).toBe('');
    });

    test('says what would be, and does not go with a hold', async () => {
      expect((await at.portreservation(['exec', '--what-if', ...words.slice(1), 'true'])).stdout).toContain(
        'Would reserve',
      );
      const { code, stderr } = await at.portreservation(['exec', '--hold', 'strict', ...words.slice(1), 'true']);
      expect([code, stderr]).toEqual([64, expect.stringContaining('do not go together')]);
    });
  });
});
