import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { frame, request } from '../support/frames.ts';
import { isFree } from '../support/is-free.ts';
import { ownHome, workerFile } from '../support/worker.ts';

const isLinux = process.platform === 'linux';

/** A worker that holds this port and whose output nobody reads. */
async function unreadWorker(port: number) {
  const child = spawn(process.execPath, [workerFile, '--stdio', '--provider', 'ledger'], {
    env: ownHome(onTestFinished),
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  child.stdin.write(frame(request('hold', 'reservation/create', { protocol: 'tcp', startPort: port })));
  await once(child.stdout, 'readable'); // and not read
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const memory = () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024;
  return { child, ended, memory };
}

/** Writes until the other side takes no more. */
async function flood(stdin: NodeJS.WritableStream, bytes: Buffer, most: number): Promise<number> {
  let written = 0;
  for (; written < most; written += bytes.length) {
    if (stdin.write(bytes)) continue;
    const isTaken = await Promise.race([
      once(stdin, 'drain').then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 3000)),
    ]);
    if (!isTaken) break;
  }
  return written;
}

describe.skipIf(!isLinux)('a client that never reads (needs /proc)', () => {
  const many = Buffer.concat(Array.from({ length: 1000 }, (_, id) => frame(request(`${id}`, 'no/such/method'))));

  test('neither grows the worker nor is read for ever', async () => {
    const { child, memory } = await unreadWorker(21_701);
    const before = memory();
    const most = 200 * many.length;
    expect(await flood(child.stdin, many, most)).toBeLessThan(most);
    expect(memory() - before).toBeLessThan(150 * 1024 * 1024);
  });

  test.each<[string, (child: ReturnType<typeof spawn>) => unknown, number]>([
    ['an end of input', (child) => child.stdin!.end(), 0],
    ['SIGTERM', (child) => child.kill('SIGTERM'), 143],
  ])('does not keep the worker from ending by %s, nor the ports reserved', async (_title, end, code) => {
    const port = 21_702;
    const { child, ended } = await unreadWorker(port);
    const list = frame(request('list', 'desiredState/export', { format: 'json' }));
    for (let count = 0; count < 2000; count++) child.stdin.write(list);
    expect(await isFree(port)).toBe(false);
    end(child);
    expect(await ended).toBe(code);
    expect(await isFree(port)).toBe(true);
  });
});
