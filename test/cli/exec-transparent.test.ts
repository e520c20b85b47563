import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation, start } from './support.ts';

useOwnNetwork();

const isLinux = process.platform === 'linux';
const exec = [process.execPath, portreservation, 'exec', '--provider', 'ledger', '--'];

/** Runs a script of the shell, in which "$@" is `portreservation exec --`; the variables are no shell's. */
async function inShell(
  script: string,
  { stdio = ['ignore', 'pipe', 'inherit'], env = {} }: { stdio?: StdioOptions; env?: object } = {},
) {
  const child = spawn('sh', ['-c', script, 'sh', ...exec], {
    env: { ...ownHome(onTestFinished), _: '', ...env },
    stdio,
  });
  const [said, [code]] = await Promise.all([text(child.stdout!), once(child, 'close')]);
  return { said: said.trim(), code };
}

const ignoredIn = (status: string) => Number.parseInt(/SigIgn:\s*([0-9a-f]+)/.exec(status)![1]!, 16);
const [HUP, INT, QUIT, USR1] = [1, 2, 4, 1 << 9];

describe.skipIf(!isLinux)('exec does not stand between the command and its caller (needs /proc)', () => {
  test.each<[string, string, number]>([
    ['nothing', '"$@" grep SigIgn /proc/self/status; :', 0],
    ['what a shell ignores', 'trap "" HUP INT USR1; "$@" grep SigIgn /proc/self/status; :', HUP | INT | USR1],
    ['what the background of a shell ignores', '"$@" grep SigIgn /proc/self/status & wait $!; :', INT | QUIT],
  ])('ignored is %s', async (_title, script, mask) => {
    // Shells ignore for what they start in the background, and say so of themselves only in a subshell.
    const inBackground = script.includes('&');
    const { said } = await inShell(inBackground ? `(trap "" INT QUIT; ${script.replace(' & wait $!', '')})` : script);
    expect(ignoredIn(said)).toBe(mask);
  });

  test('a hangup does not end what nohup started', async () => {
    const { said } = await inShell('exec nohup "$@" grep SigIgn /proc/self/status', { env: { _: '/usr/bin/nohup' } });
    expect(ignoredIn(said)).toBe(HUP);
  });

  test('the limit of open files is what it was', async () => {
    expect((await inShell('ulimit -Sn 321; "$@" sh -c "ulimit -Sn"; :')).said).toBe('321');
    const { said } = await inShell('ulimit -Sn 64; "$@" sh -c "ulimit -Sn; ulimit -Hn"; ulimit -Hn');
    const [soft, hard, theirs] = said.split('\n');
    expect([soft, hard]).toEqual(['64', theirs]);
  });

  test('descriptors above 2 reach the command, and none that is ours', async () => {
    const look = "sh -c 'cat <&3 >/dev/null && echo five >&5 && ls /proc/self/fd'";
    const script = (command: string) => `exec 3</etc/hostname 5>&1; ${command} ${look}; :`;
    const [five, ...open] = (await inShell(script('"$@"'))).said.split('\n');
    // The caller of these tests may have some of its own.
    expect([five, ...open]).toEqual((await inShell(script(''))).said.split('\n'));
    expect([five, ...open]).toEqual(expect.arrayContaining(['five', '3', '5']));
  });

  test("make's jobserver and systemd's sockets come with their variables", async () => {
    const script =
      'mkfifo "$PORT_RESERVATION_HOME/jobs"; exec 3<>"$PORT_RESERVATION_HOME/jobs" 4>&3; "$@" sh -c \'echo t >&4; head -c 1 <&3\'; :';
    expect((await inShell(script, { env: { MAKEFLAGS: ' -j --jobserver-auth=3,4' } })).said).toBe('t');
    const sockets = 'exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" sh -c \'echo $((LISTEN_PID - $$)); : <&3\'';
    expect(await inShell(sockets)).toEqual({ said: '0', code: 0 });
  });

  test('a command that cannot be found is told as ever', async () => {
    const script = 'trap "" HUP; "$@" no-such-command 2>&1';
    expect(await inShell(script)).toEqual({
      said: 'portreservation: "no-such-command" was not found.',
      code: 127,
    });
  });

  const counting = (signal: string) =>
    `process.on('${signal}', () => { console.log('got ${signal}'); process.exit(7); }); console.log('ready'); setInterval(() => {}, 1e6);`;

  test.each(['SIGALRM', 'SIGPWR', 'SIGIO', 'SIGUSR1', 'SIGUSR2', 'SIGVTALRM', 'SIGXCPU', 'SIGSTKFLT'] as const)(
    '%s is passed on',
    async (signal) => {
      const run = start(['exec', '--provider', 'ledger', '--', process.execPath, '-e', counting(signal)]);
      await run.line(/ready/);
      run.child.kill(signal);
      expect(await run.ended).toMatchObject({ code: 7, stdout: expect.stringContaining(`got ${signal}`) });
    },
  );

  test.each([34, 40, 64])('the real-time signal %i does not end it and leave the command alone', async (number) => {
    const run = start(['exec', '--provider', 'ledger', '--', process.execPath, '-e', counting('SIGTERM')]);
    await run.line(/ready/);
    process.kill(run.child.pid!, number);
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 7, stdout: expect.stringContaining('got SIGTERM') });
  });
});
