import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { type CleanFolder, cleanFolder } from '../docs/clean-folder.ts';
import { fence } from '../docs/fences.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';

const execute = promisify(execFile);
const onUnix = process.platform !== 'win32';

/** Runs lines of a page as a shell does; undefined exit codes are signals. */
async function sh({ path, env }: CleanFolder, lines: string, more: NodeJS.ProcessEnv = {}) {
  const child = spawn('sh', ['-e', '-c', lines], {
    cwd: path,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** A stand-in for a dev server: it listens on the port that it is told, as vite does, and else on its own. */
const devServer = `#!/usr/bin/env node
const port = Number(process.argv[process.argv.indexOf('--port') + 1]) || 5173;
require('http').createServer((_, answer) => answer.end('hello')).listen(port, '127.0.0.1', () => console.log('ready at ' + port));`;

function program(folder: CleanFolder, name: string, text: string): void {
  const file = join(folder.path, '.bin', name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

async function untilSaid(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let said = '';
  for await (const data of child.stdout!) {
    said += data;
    const found = pattern.exec(said);
    if (found) return found;
  }
  throw new Error(`${pattern} was not said: ${said}`);
}

test.skipIf(!onUnix)(
  '(a) front end: why is the port taken, and a dev server that has the same one each day',
  async () => {
    const folder = cleanFolder();
    program(folder, 'npx', devServer);
    const [line] = fence('README.npm.md', 'portreservation exec').split('\n');
    const ports: string[] = [];
    for (let day = 0; day < 2; day++) {
      const child = spawn('sh', ['-c', `exec ${line}`], {
        cwd: folder.path,
        env: folder.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const [, port] = await untilSaid(child, /ready at (\d+)/);
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('hello');
      const { stdout, code } = await sh(folder, `portreservation status localhost:${port} --exit-code || exit 3`);
      expect(code).toBe(3);
      if (process.platform === 'linux') expect(stdout).toContain(`in ${folder.path}`);
      child.kill('SIGTERM');
      await once(child, 'close');
      expect(said.split('\n').filter(Boolean)).toHaveLength(1);
      ports.push(port!);
    }
    expect(ports[0]).toBe(ports[1]);
  },
);

test.skipIf(lacking.python)(
  `(b) CI: steps of GitHub Actions share a port until the job has ended${lacking.python}`,
  async () => {
    const folder = cleanFolder();
    writeFileSync(
      join(folder.path, 'server.mjs'),
      "import http from 'node:http'; http.createServer().listen(process.env.API_PORT);",
    );
    const { steps } = parse(fence('docs/ci.md', 'steps:')) as { steps: { run: string }[] };
    // The runner is the parent of each step, and ends with the job; what it leaves running is ended then.
    const runner = `
    const { spawnSync } = require('child_process'), { readFileSync, writeFileSync } = require('fs');
    const file = process.argv[1]; writeFileSync(file, '');
    for (const { run } of JSON.parse(process.argv[2])) {
      const kept = Object.fromEntries(readFileSync(file, 'utf8').split('\\n').filter(Boolean).map((line) => line.split('=')));
      const { status } = spawnSync('bash', ['-e', '-c', run], { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...kept, GITHUB_ENV: file } });
      if (status !== 0) process.exit(status);
      console.log('kept ' + readFileSync(file, 'utf8').trim());
    }`;
    const words = ['-e', runner, join(folder.path, 'env'), JSON.stringify(steps)];
    // What a step leaves running has the output, too, so its end is not waited for.
    const log = join(folder.path, 'log');
    const output = openSync(log, 'w');
    const job = spawn(process.execPath, words, {
      cwd: folder.path,
      env: folder.env,
      stdio: ['ignore', output, output],
    });
    const [code] = await once(job, 'exit');
    const said = readFileSync(log, 'utf8');
    const [, port] = /kept API_PORT=(\d+)\n/.exec(said)!;
    onTestFinished(() => endListener(folder, port!));
    expect([code, said]).toEqual([0, expect.stringContaining(`tcp ${port} is listened on.`)]);
    await endListener(folder, port!);
    expect(await sh(folder, `portreservation wait ${port} --free --timeout 30s && portreservation get`)).toMatchObject({
      code: 0,
      stdout: `tcp ${port} is free.\n`,
    });
  },
);

/** Ends what a step left running there, as runners do at the end of a job. */
async function endListener(folder: CleanFolder, port: string): Promise<void> {
  const { stdout } = await sh(folder, `portreservation status ${port} --json`);
  for (const { processId, commandLine } of JSON.parse(stdout).ports[0].holders) {
    if (commandLine?.includes('server.mjs')) process.kill(processId, 'SIGKILL');
  }
}

test.skipIf(lacking.python)(
  `(b) CI: the one shell of a GitLab job has a port until it ends${lacking.python}`,
  async () => {
    const folder = cleanFolder();
    writeFileSync(
      join(folder.path, 'server.mjs'),
      "import http from 'node:http'; http.createServer().listen(process.env.API_PORT);",
    );
    const { test: job } = parse(fence('docs/ci.md', 'test:')) as {
      test: { before_script: string[]; script: string[] };
    };
    const { code, stdout } = await sh(
      folder,
      [...job.before_script, ...job.script, 'kill $!', 'echo "had $API_PORT"'].join('\n'),
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('is listened on.')]);
    const [, port] = /had (\d+)/.exec(stdout)!;
    expect(await sh(folder, `portreservation wait ${port} --free --timeout 30s`)).toMatchObject({ code: 0 });
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle('(f) SRE: service ports go out of the ephemeral range, and nothing changes twice'),
  async () => {
    const folder = cleanFolder();
    const [play] = parse(fence('docs/ansible.md', '- name: Keep the service ports')) as [
      { tasks: [Record<string, { document: object }>] },
    ];
    const { document } = play.tasks[0]['portreservation.ports.desired_state']!;
    writeFileSync(join(folder.path, 'services.json'), JSON.stringify(document));
    const { prefix } = await openNamespace();
    const lines =
      'portreservation apply services.json --prune; portreservation apply services.json --prune --detailed-exitcode; portreservation exclude list --own; cat /proc/sys/net/ipv4/ip_local_reserved_ports';
    const [enter, ...words] = [...prefix, 'env', '-C', folder.path, 'sh', '-e', '-c', lines];
    const { stdout } = await execute(enter!, words, { env: folder.env });
    expect(stdout).toMatch(/Tcp +40100 +40109 .* billing\n/);
    expect(stdout).toMatch(/Udp +51820 +51820 .* wireguard\n/);
    expect(stdout).toMatch(/\n40100-40109,51820\n$/);
  },
);

test.skipIf(noNamespaces)(namespaceTitle('(g) reviewer: what was written is removed without a trace'), async () => {
  const folder = cleanFolder();
  const { PORT_RESERVATION_HOME: _, ...env } = folder.env;
  const { prefix } = await openNamespace();
  const places = '/etc/sysctl.d /run /var/lib $HOME';
  const lines = [
    'mount -t tmpfs tmpfs /var/lib',
    `find ${places} -path $HOME/.bin -prune -o -print | sort > /tmp/$$.before`,
    'portreservation exclude 5173 --name vite >/dev/null',
    'portreservation new --persistent --start-port 21040 --ports 3 --name web >/dev/null',
    'portreservation exec --quiet -- true',
    'portreservation map >/dev/null; portreservation status 22 >/dev/null',
    `find ${places} -path $HOME/.bin -prune -o -print | sort | comm -13 /tmp/$$.before -`,
    'echo "-- removed"',
    'portreservation remove web >/dev/null',
    'portreservation exclude remove vite >/dev/null',
    fence('docs/traces.md', 'sudo rm -rf'),
    `find ${places} -path $HOME/.bin -prune -o -print | sort | comm -13 /tmp/$$.before -`,
    'cat /proc/sys/net/ipv4/ip_local_reserved_ports; rm /tmp/$$.before',
  ];
  const [enter, ...words] = [...prefix, 'env', '-C', folder.path, 'sh', '-e', '-c', lines.join('\n')];
  const { stdout } = await execute(enter!, words, { env });
  const [written, left] = stdout.split('-- removed\n');
  const told = readFileSync(join(import.meta.dirname, '../../docs/traces.md'), 'utf8');
  expect(written).toContain('/etc/sysctl.d/zz-port-reservation.conf');
  for (const path of written!.split('\n').filter((one) => one.startsWith('/etc/'))) expect(told).toContain(path);
  expect(left).toBe('\n');
});

test.skipIf(!onUnix)('(h) 500 UDP ports for a process tree, and what they are worth', async () => {
  const folder = cleanFolder();
  program(folder, 'start-fleet', '#!/bin/sh\nsh -c \'echo "$PORT_COUNT ports: $PORT_RANGE, the last $PORT_499"\'\n');
  const page = readFileSync(join(import.meta.dirname, '../../docs/which.md'), 'utf8').replace(/\n/g, ' ');
  const [, line] = /`(exec --ports 500 [^`]*)`/.exec(page)!;
  const { code, stdout, stderr } = await sh(folder, `portreservation ${line!.replace('./start-fleet', 'start-fleet')}`);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^500 ports: (\d+)-(\d+), the last \2\n$/)]);
  expect(stderr).toContain('not held');
});

test('(e) editor plugin: the worker answers as docs/protocol.md says, in the words that the client asked for', async () => {
  const { path, env } = cleanFolder();
  const worker = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../dist/PortReservation/worker/portreservation.mjs'), 'serve', '--stdio'],
    { cwd: path, env, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  onTestFinished(() => void worker.kill('SIGKILL'));
  let buffered = '';
  const answer = async () => {
    for (;;) {
      const [head, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(buffered) ?? [];
      if (head && buffered.length >= head.length + Number(length)) {
        const body = buffered.slice(head.length, head.length + Number(length));
        buffered = buffered.slice(head.length + Number(length));
        return JSON.parse(body);
      }
      buffered += (await once(worker.stdout, 'data'))[0].toString('latin1');
    }
  };
  const ask = (id: number, method: string, params: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    worker.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return answer();
  };
  const capabilities = { dialect: 'commandLine' };
  expect(await ask(1, 'initialize', { processId: process.pid, capabilities })).toMatchObject({
    result: { protocolVersion: 1 },
  });
  const { result } = await ask(2, 'reservation/create', { protocol: 'tcp', name: 'dev' });
  const { range, protocol } = result.reservations[0];
  const { result: looked } = await ask(3, 'port/inspect', { protocol, ranges: [range] });
  expect(looked.ports[0]).toMatchObject({
    verdict: 'reserved',
    remedy: { command: `portreservation remove ${range.startPort}` },
  });
  expect(await ask(4, 'reservation/release', { protocol, range })).toMatchObject({
    result: { reservations: [{ name: 'dev' }] },
  });
});
