import { once } from 'node:events';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type PowerShellSession, startPowerShell } from './powershell.ts';
import { spawnPowerShell } from './powershell-process.ts';

const noSignals = process.platform === 'win32';
const why = noSignals ? ' (skipped: no Ctrl+C from outside on Windows)' : '';
const endless = '[Console]::Out.WriteLine("runs"); while ($true) { [Threading.Thread]::Sleep(10) }';

it('runs scripts one after the other in one runspace', async () => {
  const session = await openSession();
  await session.run('$n = 1\nfunction f {\n\n  $n + 1\n}');
  expect(await session.run('f')).toEqual({ stdout: expect.stringMatching(/^2\r?\n$/), stderr: '' });
  expect(await session.run('throw "bad"')).toEqual({ stdout: '', stderr: expect.stringContaining('bad') });
  expect((await session.run('$n')).stdout).toMatch(/^1\r?\n$/);
  expect(await session.close()).toBe(0);
});

it('tells that the session ended while a script ran', async () => {
  const session = await openSession();
  await expect(session.run('"last words"; exit 5')).rejects.toThrow(/ended with 5.\nstdout: last words/);
});

it.skipIf(noSignals)(`Ctrl+C stops the running script, runs finally and keeps the session${why}`, async () => {
  const session = await openSession();
  await session.run('$kept = 7');
  const run = session.run(`try { ${endless} } finally { [Console]::Out.WriteLine("finally") }; "not here"`);
  await session.sees('runs');
  session.interrupt();
  const { stdout } = await run;
  expect(stdout).toContain('finally');
  expect(stdout).not.toContain('not here');
  expect((await session.run('$kept')).stdout).toMatch(/^7\r?\n$/);
});

it('tells that a script ended without writing what is waited for', async () => {
  const session = await openSession();
  const run = session.run('"this"');
  await expect(session.sees('that')).rejects.toThrow(/without writing 'that'.\nstdout: this/);
  await run;
});

it.skipIf(noSignals)(`Ctrl+C when nothing runs does not end the session${why}`, async () => {
  const session = await openSession();
  await session.run('1');
  session.interrupt();
  // It may come late and stop a script or two, but not the session.
  await vi.waitUntil(async () => /^2\r?\n$/.test((await session.run('2')).stdout), { timeout: 30_000 });
});

it.skipIf(noSignals)(`Ctrl+C ends a -Command after its finally, with code 1${why}`, async () => {
  const child = await spawnPowerShell(
    ['-Command', `try { ${endless} } finally { [Console]::Out.WriteLine("finally") }`],
    {},
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end();
  let stdout = '';
  child.stdout.on('data', (text: string) => {
    stdout += text;
    if (/^runs\r?\n$/.test(stdout)) child.kill('SIGINT');
  });
  const [code, signal] = await once(child, 'close');
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  expect(stdout).toContain('finally');
});

// Ended also when a test times out, which leaves no block.
async function openSession(): Promise<PowerShellSession> {
  const session = await startPowerShell();
  onTestFinished(() => session[Symbol.asyncDispose]());
  return session;
}
