import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking } from '../held/support/python.ts';
import { open, port, run, statusOf } from './support/inspection.ts';
import { lives, supervise } from './support/programs.ts';

useOwnNetwork();

const missing = ['supervisord', 'runsv', 's6-supervise'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);
const lacks = lacking.root || (missing.length > 0 && ` (skipped: needs ${missing.join(' and ')})`);

const server = `/usr/bin/python3 -u -c 'import socket, signal
l = socket.socket(); l.setsockopt(1, 2, 1); l.bind(("127.0.0.1", ${port})); l.listen(); signal.pause()'`;
const other = '/usr/bin/sleep 600';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'supervised-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** A folder with what is run in it, as runit and s6 want it. */
function serviceFolder(script: string): string {
  const made = join(folder(), 'web');
  mkdirSync(made);
  writeFileSync(join(made, 'run'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(made, 'run'), 0o755);
  return made;
}

/** Starts supervisord with these programs. */
function supervisord(programs: Record<string, string>) {
  const place = folder();
  const file = join(place, 'conf');
  const sections = Object.entries(programs).map(
    ([name, command]) => `[program:${name}]\ncommand=${command.replaceAll('\n', '\n ')}\nautorestart=true\nstartsecs=0`,
  );
  writeFileSync(
    file,
    `[unix_http_server]
file=${place}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=${place}/log
pidfile=${place}/pid
nodaemon=true
[supervisorctl]
serverurl=unix://${place}/socket
${sections.join('\n')}
`,
  );
  return { file, supervisor: supervise('supervisord', ['-c', file]) };
}

/**
 * The port's status, once somebody listens there. Until then the system's tables are asked alone: a look binds the port for a
 * moment, and a server that is refused it meanwhile is not started again by all of these.
 */
async function listened() {
  const service = await open();
  const served = { protocol: 'tcp', range: { startPort: port, numberOfPorts: 1 } } as const;
  while (!(await service.isServed(served))) await setImmediate();
  const status = await statusOf(service);
  expect(status.verdict).toBe('listening');
  return status;
}

/** Until what has it has let it go. */
async function freed() {
  const service = await open();
  while ((await statusOf(service)).verdict !== 'free');
}

/** What the one that watches says of it: whether it means to start it again. */
const said = (command: string) => spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stdout;

describe.skipIf(lacks)(`a program that is started again when it ends${lacks || ''}`, () => {
  test('by supervisord is stopped by it, and what else it watches goes on', async () => {
    const { file, supervisor } = supervisord({ web: server, job: other });
    const status = await listened();
    expect(status.remedy).toMatchObject({ run: `supervisorctl -c ${file} stop web` });
    expect(status.explanation).toMatch(/; supervisord starts it again where it only ends\.$/);
    run(status.remedy!.run!);
    await freed();
    expect(lives(supervisor.pid)).toBe(true);
    expect(said(`supervisorctl -c ${file} status`)).toMatch(/^job +RUNNING .*\nweb +STOPPED/);
  });

  test('through a shell is stopped with the shell', async () => {
    const { file } = supervisord({ web: `/bin/sh -c "exec 3>&1; ${server.replaceAll('"', '\\"')}; true"` });
    const status = await listened();
    const { processId } = status.holders[0]!;
    expect(status.remedy).toMatchObject({ run: `supervisorctl -c ${file} stop web; kill ${processId}` });
    run(status.remedy!.run!);
    await freed();
    expect(said(`supervisorctl -c ${file} status web`)).toContain('STOPPED');
  });

  test.each([
    ['runit', 'runsv', 'sv stop', 'sv status', /^down: .*normally up/],
    ['s6', 's6-supervise', 's6-svc -d', 's6-svstat', /^down .*normally up/],
  ])('by %s is stopped by it', async (name, program, stop, ask, down) => {
    const at = serviceFolder(`exec ${server}`);
    const supervisor = supervise(program, [at]);
    const status = await listened();
    expect(status.remedy).toMatchObject({ run: `${stop} ${at}` });
    expect(status.explanation).toContain(`${name} starts it again`);
    run(status.remedy!.run!);
    await freed();
    expect(lives(supervisor.pid)).toBe(true);
    expect(said(`${ask} ${at}`)).toMatch(down);
  });

  test('is not taken for what is only started inside of one, such as a server in the terminal of an editor', async () => {
    const at = serviceFolder(`${other} &\n${server} &\nexec perl -e 'sleep 600'`);
    supervise('runsv', [at]);
    const status = await listened();
    const { processId } = status.holders[0]!;
    expect(status.remedy).toMatchObject({ run: `kill ${processId}` });
  });
});
