import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ReservationCreateParams } from '../../../src/protocol/generated/contract.ts';
import { refusal } from '../../support/machine.ts';
import { only } from '../../support/only.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const nobody = 65_534;
const web = { startPort: 21_040, numberOfPorts: 3 };
const kernel = { protocol: 'tcp', ...web, lifetime: 'persistent', enforcement: 'kernel' } as const;
const exactly = { protocol: 'tcp', range: web } as const;

describe.skipIf(noGate)(gateTitle('a persistent reservation that the kernel enforces'), () => {
  let at: GatedMachine;
  beforeAll(async () => {
    at = await GatedMachine.open();
  });
  beforeEach(() => at.reset());
  afterAll(() => at?.close());

  const list = () => at.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports').trim();

  test('refuses every bind without the token, is in the list too, and goes without a trace', async () => {
    const worker = await at.worker();
    const made = only(await worker.request('reservation/create', { ...kernel, name: 'web' }));
    expect(made).toMatchObject({ enforcement: 'kernel', lifetime: 'persistent', provider: 'linux', name: 'web' });
    const { token } = made;
    expect(await Promise.all([at.bind(21_040), at.bind(21_042), at.bind(21_043), at.bind(21_039)])).toEqual([
      'EADDRINUSE',
      'EADDRINUSE',
      'bound',
      'bound',
    ]);
    expect([await at.bind(21_041, { token }), await at.bind(21_041, { token: '1' })]).toEqual(['bound', 'EADDRINUSE']);
    expect(await at.bind(21_041, { token, userId: nobody })).toBe('bound');
    expect(await at.bind(21_041, { protocol: 'udp' })).toBe('bound');
    expect([list(), only(await worker.request('reservation/lookup', exactly))]).toEqual(['21040-21042', made]);
    expect((await worker.request('reservation/list', { token })).reservations).toEqual([made]);
    expect(only(await worker.request('reservation/probe', { token, port: 21_042 }))).toEqual({
      protocol: 'tcp',
      port: 21_042,
    });
    const { state: _, ...freed } = made;
    expect(only(await worker.request('reservation/release', { token }))).toEqual(freed);
    expect([await at.bind(21_040), at.pins(), list()]).toEqual(['bound', '', '']);
    expect((await worker.request('reservation/list', {})).reservations).toEqual([]);
  });

  test('is made where its service listens already: that goes on, and nobody else gets in', async () => {
    const worker = await at.worker();
    const server = at.start([
      process.execPath,
      '-e',
      'require("net").createServer().listen(21040, () => console.log(1))',
    ]);
    await once(server.stdout!, 'data');
    const asked = { ...kernel, startPort: 21_040 };
    expect((await refusal(worker.request('reservation/create', asked))).message).toBe('tcp 21040 is in use.');
    const made = only(await worker.request('reservation/create', { ...asked, inUse: 'allow' }));
    expect(made).toMatchObject({ inUse: 'allow', enforcement: 'kernel' });
    expect([await at.bind(21_041), await at.bind(21_041, { token: made.token })]).toEqual(['EADDRINUSE', 'bound']);
    expect(at.sh("ss -Hltn | grep -c ':21040 '")).toBe('1\n');
    server.kill();
    await once(server, 'close');
    expect([await at.bind(21_040), await at.bind(21_040, { token: made.token })]).toEqual(['EADDRINUSE', 'bound']);
    await worker.request('reservation/release', exactly);
  });

  test('outlives its worker, and another worker frees it', async () => {
    const first = await at.worker();
    const made = only(await first.request('reservation/create', kernel));
    await first.close();
    expect(await at.bind(21_040)).toBe('EADDRINUSE');
    const second = await at.worker();
    expect(only(await second.request('reservation/lookup', exactly))).toEqual(made);
    await second.request('reservation/release', exactly);
    expect([await at.bind(21_040), at.pins()]).toEqual(['bound', '']);
  });

  test('is made, listed and freed by the command line', async () => {
    const words = ['new', '--persistent', '--start-port', '21040', '--ports', '3', '--enforcement', 'kernel'];
    const made = await at.portreservation([...words, '--allow-user', 'nobody', '--name', 'web', '--json']);
    expect(JSON.parse(made.stdout).reservations[0]).toMatchObject({
      enforcement: 'kernel',
      allow: { user: 'nobody', userId: nobody },
    });
    expect([await at.bind(21_040), await at.bind(21_040, { userId: nobody })]).toEqual(['EADDRINUSE', 'bound']);
    expect((await at.portreservation(['get', 'web'])).stdout).toContain('Kernel');
    expect((await at.portreservation(['test', 'web', '--probe'])).code).toBe(0);
    expect(await at.portreservation(['remove', 'web'])).toMatchObject({ code: 0, stderr: '' });
    expect([await at.bind(21_040), at.pins()]).toEqual(['bound', '']);
  });

  test('of both protocols is in both, or in none', async () => {
    const worker = await at.worker();
    const both = { ...kernel, protocol: ['tcp', 'udp'] } satisfies ReservationCreateParams;
    const { reservations } = await worker.request('reservation/create', both);
    expect(reservations.map(({ protocol }) => protocol)).toEqual(['tcp', 'udp']);
    expect(await Promise.all([at.bind(21_040), at.bind(21_040, { protocol: 'udp' })])).toEqual([
      'EADDRINUSE',
      'EADDRINUSE',
    ]);
    await worker.request('reservation/release', { ...exactly, protocol: ['tcp', 'udp'] });
    const python = ['/usr/bin/python3', '-c', taker, '21041'];
    const server = at.start(python);
    await new Promise((resolve) => server.stdout!.once('data', resolve));
    const { errorName, facts } = await refusal(worker.request('reservation/create', both));
    expect([errorName, facts.port]).toEqual(['PortInUse', 21_041]);
    expect([at.pins(), list(), (await worker.request('reservation/list', {})).reservations]).toEqual(['', '', []]);
  });

  test('in a found block is where nobody is, and never one that is reserved already', async () => {
    const worker = await at.worker();
    const within = { startPort: 21_040, numberOfPorts: 8 };
    const ask = { protocol: 'tcp', lifetime: 'persistent', enforcement: 'kernel', numberOfPorts: 3, within } as const;
    const first = only(await worker.request('reservation/create', ask));
    const second = only(await worker.request('reservation/create', ask));
    expect(Math.abs(first.range.startPort - second.range.startPort)).toBeGreaterThanOrEqual(3);
    expect((await refusal(worker.request('reservation/create', ask))).errorName).toBe('NoFreeRange');
  });

  test('is returned to who asks for the same again, and to nobody who asks for another', async () => {
    const worker = await at.worker();
    const allow = { user: 'nobody' };
    const made = only(await worker.request('reservation/create', { ...kernel, allow }));
    const again = { ...kernel, ifExists: 'return' } as const;
    expect(only(await worker.request('reservation/create', { ...again, allow: { user: '65534' } }))).toEqual(made);
    const { enforcement: _, ...plain } = again;
    expect(only(await worker.request('reservation/create', plain))).toEqual(made);
    for (const other of [again, { ...again, allow: { user: 'root' } }, { ...plain, enforcement: 'ephemeralOnly' }]) {
      const params = other as ReservationCreateParams;
      expect((await refusal(worker.request('reservation/create', params))).errorName).toBe('RangeReserved');
    }
  });

  test.each([['a service where there is no systemd', { service: 'web.service' }, 'NotSupported']])(
    'is refused for %s',
    async (_what, allow, error) => {
      const worker = await at.worker();
      for (const whatIf of [true, false]) {
        const refused = await refusal(worker.request('reservation/create', { ...kernel, allow, whatIf }));
        expect(refused.errorName).toBe(error);
      }
      expect([at.pins(), list()]).toEqual(['', '']);
    },
  );

  test.each([
    [
      'with a user that there is not',
      { lifetime: 'persistent', enforcement: 'kernel', allow: { user: 'nobody-of-that-name' } },
      'allow.user',
    ],
    ['without the kernel', { lifetime: 'persistent', allow: { user: 'nobody' } }, 'allow'],
    ['with a hold', { lifetime: 'runtime', enforcement: 'kernel', hold: 'yield' }, 'hold'],
  ] as const)('says which words go together: %s', async (_what, words, field) => {
    const worker = await at.worker();
    const asked = worker.request('reservation/create', { protocol: 'tcp', ...web, ...words });
    await expect(asked).rejects.toMatchObject({ name: 'InvalidParamsError', message: expect.stringContaining(field) });
  });

  test('keeps its token from everybody but root and whom it is for', async () => {
    const worker = await at.worker({ env: at.systemEnv });
    const open = { ...kernel, startPort: 21_050, allow: { user: 'nobody' } };
    const secret = only(await worker.request('reservation/create', { ...kernel, name: 'secret' }));
    const mine = only(await worker.request('reservation/create', { ...open, name: 'mine' }));
    const plain = { protocol: 'tcp', startPort: 21_060, lifetime: 'persistent', name: 'plain' } as const;
    const listed = only(await worker.request('reservation/create', plain));
    const seen = async (userId: number) => {
      const user = await at.worker({ env: at.systemEnv, userId });
      const { reservations } = await user.request('reservation/list', {});
      return Object.fromEntries(reservations.map(({ name, token }) => [name, token]));
    };
    expect(await seen(0)).toEqual({ secret: secret.token, mine: mine.token, plain: listed.token });
    expect(await seen(nobody)).toEqual({ mine: mine.token });
    expect(await seen(1000)).toEqual({});
    const read = (file: string) => at.sh(`cat /var/lib/port-reservation/${file}`);
    for (const { token } of [secret, mine, listed]) {
      expect([read('ledger.json').includes(token!), read('tokens.json').includes(token!)]).toEqual([false, true]);
    }
    expect(at.sh('stat -c "%a %U" /var/lib/port-reservation/tokens*.json').trim().split('\n')).toEqual([
      '400 nobody',
      '600 root',
    ]);
    const user = await at.worker({ env: at.systemEnv, userId: nobody });
    expect(only(await user.request('reservation/probe', { protocol: 'tcp', range: mine.range }))).toEqual({
      protocol: 'tcp',
      port: 21_050,
    });
    const denied = await refusal(user.request('reservation/probe', { protocol: 'tcp', range: secret.range }));
    expect([denied.errorName, denied.message]).toEqual(['AccessDenied', expect.stringContaining('secret')]);
  });

  test('takes the tokens that older versions left in the ledger to where others do not read them', async () => {
    const worker = await at.worker({ env: at.systemEnv });
    const record = { protocol: 'tcp', range: web, lifetime: 'persistent', enforcement: 'ephemeralOnly' };
    const old = {
      ...record,
      provider: 'linux',
      token: '4711',
      owner: { user: 'root' },
      createdAt: '2026-01-01T00:00:00Z',
    };
    at.sh(`mkdir -p /var/lib/port-reservation
      echo '${JSON.stringify({ version: 1, reservations: [old] })}' > /var/lib/port-reservation/ledger.json`);
    const token = async (userId: number) => {
      const user = await at.worker({ env: at.systemEnv, userId });
      return only({ reservations: (await user.request('reservation/list', { lifetime: 'persistent' })).reservations })
        .token;
    };
    expect([await token(0), await token(1000)]).toEqual(['4711', undefined]);
    await worker.request('reservation/create', { protocol: 'udp', startPort: 21_070 });
    expect(at.sh('cat /var/lib/port-reservation/ledger.json')).not.toContain('4711');
    expect([await token(0), await token(1000)]).toEqual(['4711', undefined]);
  });

  test('in a ledger of root’s own has its token in a file of its own, too', async () => {
    const worker = await at.worker();
    const { token } = only(await worker.request('reservation/create', kernel));
    const home = join(at.folder, 'home');
    expect(readFileSync(join(home, 'ledger.json'), 'utf8')).not.toContain(token);
    expect(statSync(join(home, 'tokens.json')).mode & 0o777).toBe(0o600);
    await worker.request('reservation/release', { token });
    expect(existsSync(join(home, 'tokens.json')) && readFileSync(join(home, 'tokens.json'), 'utf8')).not.toContain(
      token,
    );
  });
});

const taker = `
import socket, sys
s = socket.socket(); s.bind(("", int(sys.argv[1]))); s.listen(); print("ready", flush=True); sys.stdin.read()`;
