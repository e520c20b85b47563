import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { whyTooOld } from '../../src/oldest-node.ts';
import { ownHome } from '../support/worker.ts';
import { oldNode, oldNodesTitle, oldVersions } from './support/old-node.ts';

const dist = join(import.meta.dirname, '../../dist');
const worker = join(dist, 'PortReservation/worker');
const reservation = '{"protocol":"tcp","startPort":23000,"numberOfPorts":1}';

const sentence = (version: string) =>
  `PortReservation needs Node 20.19 or newer, and this is Node ${version}: nothing was done.`;

/** Runs words with the old Node, in a home of its own. */
function run(version: string, words: string[], input = '') {
  const env: NodeJS.ProcessEnv = { ...ownHome(onTestFinished), PORT_RESERVATION_PROVIDER: 'ledger' };
  const { status, stdout, stderr } = spawnSync(oldNode(version), words, { env, input, encoding: 'utf8' });
  return { status, stdout, stderr, isUntouched: !existsSync(join(env.PORT_RESERVATION_HOME!, 'ledger.json')) };
}

describe.skipIf(oldVersions.length === 0).each(oldVersions)(oldNodesTitle('Node %s'), (version) => {
  test.each([
    ['apply', '--json', '--provider', 'ledger', '-'],
    ['new', '23000', '--persistent'],
    ['--version'],
    ['mcp'],
    ['serve', '--stdio'],
  ])('is told to be too old by portreservation %s %s', (...words) => {
    const input = '{"name":"shop","reservations":[{"protocol":"tcp","startPort":23000}]}';
    expect(run(version, [join(worker, 'portreservation.mjs'), ...words], input)).toEqual({
      status: 69,
      stdout: '',
      stderr: `portreservation: ${sentence(version)}\n`,
      isUntouched: true,
    });
  });

  test('is told so by the worker, in its log', () => {
    const { status, stdout, stderr } = run(version, [join(worker, 'worker.mjs'), '--stdio']);
    expect([status, stdout]).toEqual([69, '']);
    expect(JSON.parse(stderr)).toMatchObject({ level: 'error', message: sentence(version) });
  });

  test.each([['dsc.cjs'], ['portreservation.mjs', 'dsc']])('is told so by %s %s, in a trace', (program, ...words) => {
    const answer = run(version, [join(worker, program), ...words, 'set', 'Reservation'], reservation);
    expect(answer).toEqual({
      status: 69,
      stdout: '',
      stderr: `${JSON.stringify({ error: sentence(version) })}\n`,
      isUntouched: true,
    });
  });

  test.each(['index', 'get-port', 'vitest', 'jest', 'playwright'])(
    'is told so by the entry %s of the library',
    (entry) => {
      const load = `
      import(process.argv[1]).catch(({ message }) => console.log(message))
        .then(() => require(process.argv[2])).catch(({ message }) => console.log(message))`;
      const files = ['.', 'cjs'].map((folder) => join(dist, 'lib', folder, `${entry}.js`));
      const { stdout } = run(version, ['-e', load, ...files]);
      expect(stdout).toBe(`${sentence(version)}\n`.repeat(2));
    },
  );
});

test.each([
  ['16.20.2', true],
  ['18.20.8', true],
  ['20.18.3', true],
  ['20.19.0', false],
  ['22.0.0', false],
  ['100.1.0-nightly20300101', false],
])('Node %s is too old: %s', (version, isTooOld) => {
  expect(whyTooOld(version)).toBe(isTooOld ? sentence(version) : undefined);
});
