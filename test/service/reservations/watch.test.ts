import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import type { ReservationChangedParams } from '../../../src/protocol/generated/contract.ts';
import { ReservationChanges } from '../../../src/service/reservations/reservation-watch.ts';
import { reservation } from '../../rpc/support.ts';
import { only } from '../../support/only.ts';
import { ownHost } from '../../support/own-host.ts';

/** Two services on one ledger, and what a watch of the first tells. */
async function openTwo(listener: (change: ReservationChangedParams) => Promise<void> | void = () => {}) {
  const host = ownHost();
  const open = async () => {
    const service = await openService({ host, provider: 'ledger' });
    onTestFinished(() => service.close());
    return service;
  };
  const [watching, other] = [await open(), await open()];
  const told: unknown[] = [];
  let notice = () => {};
  const tell = (what: unknown) => {
    told.push(what);
    notice();
  };
  await watching.watch(
    (change) => {
      tell(change);
      return listener(change);
    },
    { onTrouble: tell },
  );
  const next = async () => {
    while (told.length === 0) {
      await new Promise<void>((resolve) => {
        notice = resolve;
      });
    }
    return told.shift();
  };
  return { watching, other, told, next };
}

test('what the listener throws is told as trouble, and the next change is told', async () => {
  const error = new Error('of the listener');
  const { other, next } = await openTwo(() => {
    throw error;
  });
  const made = only(await other.create({ protocol: 'tcp' }));
  expect(await next()).toEqual({ added: [made], removed: [] });
  expect(await next()).toBe(error);
  await other.release({ token: made.token });
  expect(await next()).toEqual({ added: [], removed: [made] });
});

test('what changes while the listener is busy is told at once afterwards', async () => {
  let finish = () => {};
  const { other, next } = await openTwo(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  const first = only(await other.create({ protocol: 'tcp' }));
  expect(await next()).toEqual({ added: [first], removed: [] });
  const others = [only(await other.create({ protocol: 'tcp' })), only(await other.create({ protocol: 'udp' }))];
  await other.release({ token: first.token });
  finish();
  expect(await next()).toEqual({ added: others, removed: [first] });
});

test('a service that is closed tells nothing more, not even what it frees itself', async () => {
  const { watching, other, told, next } = await openTwo();
  await watching.create({ protocol: 'tcp' });
  await next();
  let see = () => {};
  const seen = new Promise<void>((resolve) => {
    see = resolve;
  });
  await other.watch(({ removed }) => removed.length > 0 && see());
  await watching.close();
  await other.create({ protocol: 'udp' });
  await seen;
  expect(told).toEqual([]);
});

test('an altered reservation is removed as it was and added as it is; a new token alters nothing', () => {
  const changes = new ReservationChanges();
  const { name: _, ...nameless } = reservation;
  expect(changes.since([reservation])).toEqual({ added: [reservation], removed: [] });
  expect(changes.since([{ ...reservation, token: '1' }])).toBeUndefined();
  expect(changes.since([nameless])).toEqual({ added: [nameless], removed: [{ ...reservation, token: '1' }] });
});

/** Runs the script as a module on the built library, to its end. */
async function runScript(script: string, ...args: string[]): Promise<string> {
  const { env } = ownHost();
  const library = JSON.stringify(join(import.meta.dirname, '../../../dist/lib/index.js'));
  const words = ['--input-type=module', '-e', `import { openService } from ${library};\n${script}`, ...args];
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const options = { env: { ...process.env, ...env }, signal: controller.signal };
  return (await promisify(execFile)(process.execPath, words, options)).stdout;
}

test('a watch keeps the process alive until it is closed', async () => {
  const script = `
    const service = await openService({ provider: 'ledger' });
    const watch = await service.watch(({ added }) => {
      console.log('told', added.length);
      if (process.argv[1] === 'service') service.close();
      else watch.close();
    });
    setImmediate(() => service.create({ protocol: 'tcp', lifetime: 'persistent' }));`;
  for (const what of ['watch', 'service']) expect(await runScript(script, what)).toBe('told 1\n');
});

test('a watch that begins while its service is closed ends with it', async () => {
  const script = `
    const service = await openService({ provider: 'ledger' });
    const begun = service.watch(() => {});
    await service.close();
    await begun;
    console.log('closed');`;
  expect(await runScript(script)).toBe('closed\n');
});
