import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ownHome } from '../support/worker.ts';
import { commandLine, portreservation } from './support.ts';

const shop = `name: shop
reservations:
  - { protocol: tcp, startPort: 22400, numberOfPorts: 3, name: web, reason: front }
  - { protocol: [tcp, udp], startPort: 22410, name: dns }
`;
const ledger = ['--provider', 'ledger'];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'port-reservation-document-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** A file with the text. */
function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

test('makes a document so, says what it did, and the second time does nothing', async () => {
  const run = commandLine();
  const apply = (...words: string[]) =>
    run('apply', file('shop.yaml', shop), '--detailed-exitcode', ...ledger, ...words);
  const lines = (verb: string) =>
    ['tcp 22400-22402 "web"', 'tcp 22410 "dns"', 'udp 22410 "dns"']
      .map((what) => `${verb} reservation ${what}.\n`)
      .join('');
  expect(await apply('--what-if')).toEqual({
    code: 2,
    stdout: `${lines('Would create')}shop: 3 to change, 0 as they should be, 0 failed.\n`,
    stderr: '',
  });
  expect((await run('get')).stdout).toBe('');
  expect(await apply()).toEqual({
    code: 2,
    stdout: `${lines('Created')}shop: 3 changed, 0 as they should be, 0 failed.\n`,
    stderr: '',
  });
  expect(await apply()).toEqual({ code: 0, stdout: 'shop: 0 changed, 3 as they should be, 0 failed.\n', stderr: '' });
  const other = file(
    'shop.json',
    '{"name":"shop","reservations":[{"protocol":"tcp","startPort":22400,"numberOfPorts":3,"name":"api"}]}',
  );
  expect(await run('apply', other, '--prune', ...ledger)).toEqual({
    code: 0,
    stdout: [
      'Released reservation tcp 22410 "dns".\n',
      'Released reservation udp 22410 "dns".\n',
      'Updated reservation tcp 22400-22402 "api": name, reason.\n',
      'shop: 3 changed, 0 as they should be, 0 failed.\n',
    ].join(''),
    stderr: '',
  });
});

test('what fails is said, with exit code 1, and the rest is done', async () => {
  const run = commandLine();
  await run('new', '--persistent', '--start-port', '22401', ...ledger);
  const outcome = await run('apply', file('shop.yaml', shop), '--detailed-exitcode', ...ledger);
  expect(outcome).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/shop: 2 changed, 0 as they should be, 1 failed\.\n$/),
  });
  expect(outcome.stderr).toMatch(/^portreservation: reservation tcp 22400-22402 "web": tcp 22400-22402 overlaps /);
  const { stdout, code } = await run('apply', file('shop.yaml', shop), '--json', ...ledger);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ document: 'shop', changed: false, failed: 1 });
});

test('reads standard input, and says of a bad document where it is wrong', async () => {
  const env = ownHome(onTestFinished);
  const apply = async (document: string, ...words: string[]) => {
    const child = spawn(process.execPath, [portreservation, 'apply', '-', ...ledger, ...words], { env });
    child.stdin.end(document);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, stdout, stderr };
  };
  expect(await apply(shop)).toMatchObject({ code: 0, stderr: '' });
  const bad = 'name: shop\nreservations:\n  - { protocol: sctp, startPort: 5 }\n';
  expect(await apply(bad)).toEqual({
    code: 1,
    stdout: '',
    stderr: `portreservation: The document is wrong, and nothing was changed.
  line 3, column 7: reservations.0.protocol must be tcp, udp, or a list of one or both
`,
  });
  const { code, stderr } = await apply('{"name": ""}', '--format', 'json', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: -32602, name: 'InvalidDocument', errors: [{ field: 'name', line: 1, column: 2 }] },
  });
});

test.skipIf(!existsSync('/dev/zero'))('of input that never ends no more is read than a document may have', async () => {
  const stderr = `portreservation: The document is wrong, and nothing was changed.
  the document must be at most 1048576 bytes long
`;
  expect(await commandLine()('apply', '/dev/zero')).toEqual({ code: 1, stdout: '', stderr });
  const zeros = openSync('/dev/zero', 'r');
  onTestFinished(() => closeSync(zeros));
  const env = ownHome(onTestFinished);
  const child = spawn(process.execPath, [portreservation, 'apply', '-'], { env, stdio: [zeros, 'inherit', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  expect({ code, said }).toEqual({ code: 1, said: stderr });
});

test('a file that is not there is an error that names it', async () => {
  const { code, stderr } = await commandLine()('apply', join(folder, 'none.yaml'), '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error).toMatchObject({
    name: 'OsError',
    osCode: 'ENOENT',
    target: join(folder, 'none.yaml'),
  });
});

test('export writes a document that apply takes, and the ports for other programs', async () => {
  const run = commandLine();
  await run('apply', file('shop.yaml', shop), ...ledger);
  await run('new', '--persistent', '--start-port', '22450', '--name', 'other', ...ledger);
  const { stdout } = await run('export', '--document', 'shop', ...ledger);
  expect(stdout).toMatch(/^name: shop\nreservations:\n/);
  expect(await run('apply', file('again.yaml', stdout), '--detailed-exitcode', ...ledger)).toMatchObject({ code: 0 });
  expect(await run('export', '--format', 'env', ...ledger)).toEqual({
    code: 0,
    stdout: 'WEB_PORT=22400\nWEB_PORT_RANGE=22400-22402\nDNS_PORT=22410\nOTHER_PORT=22450\n',
    stderr: '',
  });
  const { text: json } = JSON.parse((await run('export', '--format', 'json', '--json', ...ledger)).stdout);
  expect(JSON.parse(json).reservations).toHaveLength(4);
});
