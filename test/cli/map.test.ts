import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderingFor, type Terminal } from '../../src/cli/rendering.ts';
import type { PortMapRendering } from '../../src/protocol/generated/contract.ts';
import { commandLine } from './support.ts';

const ledger = ['--provider', 'ledger'];
const lineLengths = (text: string) => text.split('\n').map((line) => [...line].length);

test.skipIf(process.platform === 'win32')('shows the ports, reservations by name, as wide as asked', async () => {
  const run = commandLine();
  await run('new', '--persistent', '--start-port', '21000', '--ports', '9', '--name', 'the web', ...ledger);
  const { code, stdout } = await run('map', '--width', '60', '--plain', ...ledger);
  expect(code).toBe(0);
  expect(stdout).toContain('the web');
  expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
  expect(Math.max(...lineLengths(stdout))).toBeLessThanOrEqual(60);
  expect(Math.max(...lineLengths((await run('map', '--protocol', 'udp', ...ledger)).stdout))).toBeLessThanOrEqual(80);
});

test.skipIf(process.platform === 'win32')('with --json gives the map itself', async () => {
  const { stdout } = await commandLine()('map', '--json', ...ledger);
  const [map] = JSON.parse(stdout).maps;
  expect(map).toMatchObject({ protocol: 'tcp', segments: expect.any(Array), counts: { free: expect.any(Number) } });
  expect(map.text).toBeUndefined();
});

test.skipIf(process.platform === 'win32')('writes a picture in one step, and says why it cannot', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-map-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const run = commandLine();
  expect(await run('map', '--svg', join(folder, 'map.svg'), ...ledger)).toMatchObject({ code: 0, stdout: '' });
  expect(readFileSync(join(folder, 'map.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  const { code, stderr } = await run('map', '--svg', join(folder, 'none/map.svg'), ...ledger);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^portreservation: The picture .* cannot be written: ENOENT\.$/m),
  ]);
  expect(readdirSync(folder)).toEqual(['map.svg']);
  const below = await run('map', '--svg', join(folder, 'map.svg/map.svg'), ...ledger);
  expect(below).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^portreservation: The picture .* cannot be written: ENOTDIR\.$/m),
  });
});

const utf8 = { LANG: 'C.UTF-8' };
const text = (columns: number, rest: object) => ({ format: 'text', columns, ...rest });
const plain = { characters: 'ascii', colors: 'none' };
test.each<[string, NodeJS.ProcessEnv, { columns?: number; isTTY?: boolean }, object, object]>([
  ['no terminal', utf8, {}, {}, text(80, { characters: 'unicode', colors: 'none' })],
  ['no locale', {}, { columns: 100, isTTY: true }, {}, text(99, plain)],
  ['--plain', utf8, { columns: 1000, isTTY: true }, { plain: true }, text(500, plain)],
  ['--width', utf8, { columns: 20 }, { width: 120 }, text(120, { characters: 'unicode', colors: 'none' })],
  [
    'colours',
    { ...utf8, TERM: 'xterm' },
    { columns: 20, isTTY: true },
    {},
    text(40, { characters: 'unicode', colors: 'ansi16' }),
  ],
  [
    '256 colours',
    { ...utf8, TERM: 'xterm-256color' },
    { isTTY: true },
    {},
    text(80, { characters: 'unicode', colors: 'ansi256' }),
  ],
  [
    'all colours',
    { ...utf8, COLORTERM: 'truecolor' },
    { isTTY: true },
    {},
    text(80, { characters: 'unicode', colors: 'trueColor' }),
  ],
  [
    'NO_COLOR',
    { ...utf8, COLORTERM: 'truecolor', NO_COLOR: '1' },
    { isTTY: true },
    {},
    text(80, { characters: 'unicode', colors: 'none' }),
  ],
])('is drawn for the terminal: %s', (_, env, stdout, wishes, expected) => {
  const terminal = { stdout, env, platform: 'linux' } as unknown as Terminal;
  expect(renderingFor(terminal, wishes) satisfies PortMapRendering).toEqual(expected);
});
