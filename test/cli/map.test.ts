import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderingFor, type Terminal } from '../../src/cli/rendering.ts';
import type { PortMapRendering } from '../../src/protocol/generated/contract.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { ownHome } from '../support/worker.ts';
import { commandLine, portreservation } from './support.ts';

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

test.skipIf(process.platform === 'win32')('rings a port and says what it is', async () => {
  const run = commandLine();
  const { stdout, code } = await run('map', '5173', '--plain', ...ledger);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ +4000 .*@/m);
  expect(stdout).toMatch(/^ @ 5173 is /m);
  expect(stdout).toMatch(/\ntcp 5173: .+\n$/);
  expect((await run('map', '1-21', ...ledger)).stderr).toContain('At most 20 ports can be ringed, and these are 21.');
  expect((await run('map', '--card', ...ledger)).code).toBe(64);
  expect((await run('map', '--watch', ...ledger)).stderr).toContain('--watch draws on a terminal');
  expect((await run('map', '--layout', 'folded', '--plain', ...ledger)).stdout).toMatch(/ \.\.\. .* to \d+\n/);
});

test.skipIf(process.platform === 'win32')('writes a page of both protocols, and a card', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-map-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const run = commandLine();
  const [page, card] = [join(folder, 'map.html'), join(folder, 'card.svg')];
  expect(await run('map', '5173', '--html', page, '--caption', 'lab <7>', ...ledger)).toMatchObject({
    code: 0,
    stdout: '',
  });
  const text = readFileSync(page, 'utf8');
  expect(text).toMatch(/^<!doctype html>[\s\S]*value="1"> UDP[\s\S]*<\/html>\n$/);
  expect(text).toContain('lab &lt;7&gt;');
  expect(text).not.toContain(hostname());
  expect(await run('map', '5173', '--svg', card, '--card', '--stamp', ...ledger)).toMatchObject({ code: 0 });
  expect(readFileSync(card, 'utf8')).toContain(`${hostname()}, 20`);
});

const watching = `
import os, pty, signal, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
said, asked = b"", False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    said += data
    if not asked and said.count(b"\\x1b[H") == 3:
        asked = True
        os.write(terminal, b"\\x03")
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(status))`;

test.skipIf(lacking.python)(`--watch draws again and again, and leaves the terminal as it was${lacking.python}`, () => {
  const words = [process.execPath, portreservation, 'map', '--watch', '100ms', ...ledger];
  const env = { ...ownHome(onTestFinished), TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  const { status, stdout } = spawnSync('python3', ['-c', watching, ...words], { env, encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(stdout.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  expect(stdout.split('All TCP ports').length).toBeGreaterThanOrEqual(4);
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
