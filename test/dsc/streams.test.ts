import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownHome } from '../support/worker.ts';

const program = join(import.meta.dirname, '../../dist/PortReservation/worker/dsc.cjs');
const valid = '{"protocol":"tcp","startPort":23000,"numberOfPorts":10}';

function openFor(path: string, flags: string): number {
  const descriptor = openSync(path, flags);
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
}

describe.skipIf(!existsSync('/dev/full'))('streams that fail', () => {
  const env = () => ({ ...ownHome(onTestFinished), PORT_RESERVATION_PROVIDER: 'ledger' });
  const full = () => openFor('/dev/full', 'w');

  test('results that cannot be written are an error with its reason', () => {
    const { status, stderr } = spawnSync(process.execPath, [program, 'get', 'Reservation'], {
      env: env(),
      input: valid,
      stdio: ['pipe', full(), 'pipe'],
      encoding: 'utf8',
    });
    const error = 'OsError: The results cannot be written: ENOSPC: no space left on device, write.';
    expect({ status, stderr }).toEqual({ status: 108, stderr: `${JSON.stringify({ error })}\n` });
  });

  test('input that cannot be read is an error with its reason', () => {
    const folder = openFor('/', 'r');
    const { status, stderr } = spawnSync(process.execPath, [program, 'get', 'Reservation'], {
      env: env(),
      stdio: [folder, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    const error = 'OsError: The input cannot be read: EISDIR: illegal operation on a directory, read.';
    expect({ status, stderr }).toEqual({ status: 108, stderr: `${JSON.stringify({ error })}\n` });
  });

  test('traces that nobody takes change no exit code', () => {
    const { status } = spawnSync(process.execPath, [program, 'get', 'Reservation'], {
      env: env(),
      input: '[]',
      stdio: ['pipe', 'pipe', full()],
    });
    expect(status).toBe(64);
  });
});
