import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { ownHome } from '../support/worker.ts';

const lacking =
  process.platform === 'linux' && spawnSync('strace', ['-V']).status === 0 ? '' : ' (skipped: needs strace)';

/** The parts that exec loads, and how often it listens, while a command runs. */
function traced(...command: string[]): { parts: string[]; listens: number } {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'log');
  const exec = [process.execPath, portreservation, 'exec', '--', ...command];
  const run = spawnSync('strace', ['-f', '-e', 'trace=openat,listen', '-o', log, ...exec], {
    env: ownHome(onTestFinished),
    encoding: 'utf8',
  });
  expect(run.status).toBe(0);
  const text = readFileSync(log, 'utf8');
  const parts = [...text.matchAll(/portreservation\/([\w-]+?)-[\w-]{8}\.mjs", O_RDONLY/g)].map(([, name]) => name!);
  return { parts, listens: text.match(/ listen\(/g)?.length ?? 0 };
}

const asks = `import os, socket
s = socket.socket(socket.AF_UNIX); s.connect(os.environ["PORTSERVER_ADDRESS"]); s.sendall(b"%d\\n" % os.getpid()); assert int(s.recv(9)) > 0`;

test.skipIf(lacking)(`a tree that never asks costs exec one socket, and nothing is loaded for it${lacking}`, () => {
  const { parts, listens } = traced('true');
  expect(listens).toBe(1);
  expect(parts).toContain('core');
  expect(parts).not.toContain('conversations');
});

test.skipIf(lacking)(`who asks for a port by its process id waits for no more than serves that${lacking}`, () => {
  const { parts } = traced('/usr/bin/python3', '-c', asks);
  expect(parts).toContain('conversations');
  expect(parts).not.toContain('connection');
});
