import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/map/render.ts';
import { textWidth } from '../../src/map/text-width.ts';
import type { PortMapRendering, ProtocolMap } from '../../src/protocol/generated/contract.ts';
import { portMap } from '../../src/service/ports/map.ts';
import { expectGolden } from '../support/golden.ts';
import { inventedMachine, inventedServer } from './invented-machine.ts';

type Options = Omit<PortMapRendering, 'format'>;
const text = (map: ProtocolMap, options: Options = {}) => render(map, { format: 'text', ...options });

test.each<[string, ProtocolMap, Options]>([
  ['machine-80', inventedMachine(), {}],
  ['machine-120', inventedMachine(), { columns: 120 }],
  ['server-80', inventedServer(), { columns: 80 }],
  ['server-80-ascii', inventedServer(), { characters: 'ascii' }],
  ['server-80-ansi16', inventedServer(), { colors: 'ansi16' }],
  ['machine-80-ansi256', inventedMachine(), { colors: 'ansi256' }],
  ['machine-80-folded', inventedMachine(), { layout: 'folded', ring: [5173, 40_000], caption: 'lab-7' }],
  ['server-80-folded', inventedServer(), { layout: 'folded', colors: 'ansi256' }],
  ['server-80-ring', inventedServer(), { ring: [443, 5000], characters: 'ascii' }],
  ['machine-80-true-color', inventedMachine(), { colors: 'trueColor' }],
])('%s reads as the golden text does', (name, map, options) => {
  const visible = text(map, options).replaceAll('\u{1b}', '␛');
  expectGolden(`${visible}\n`, new URL(`golden/${name}.txt`, import.meta.url));
});

describe('at every width', () => {
  test.each([40, 41, 57, 80, 100, 119, 240, 500])('no line is longer than %i columns', (columns) => {
    const options: Options[] = [
      { colors: 'none' },
      { colors: 'ansi256' },
      { layout: 'folded', ring: [5173], caption: 'x'.repeat(200) },
    ];
    for (const one of options) {
      const lines = stripVTControlCharacters(text(inventedMachine(), { columns, ...one })).split('\n');
      // The grid takes all the room there is.
      expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
      expect(Math.max(...lines.map(textWidth))).toBeGreaterThanOrEqual(columns - 1);
    }
  });

  test('ascii is ASCII', () => {
    expect(text(inventedServer(), { characters: 'ascii' })).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

test.each(['none', 'trueColor'] as const)('with colors %s no name can steer the terminal', (colors) => {
  const drawn = stripVTControlCharacters(text(inventedServer(), { colors }));
  expect(drawn).toContain('8080 x\ufffd[2J<b>&\ufffdab');
  expect(drawn).not.toMatch(/[^\P{C}\n]/u);
});

test('a single listener among free ports is seen, at its place', () => {
  const one = portMap(
    'udp',
    {
      holders: new Map([
        [20_001, [{ holder: { state: 'listening', addresses: [], processName: 'dns', processId: 1 } }]],
      ]),
      exclusions: [],
      dynamicRange: { startPort: 50_000, numberOfPorts: 1000 },
      warnings: [],
    },
    [],
  );
  const lines = text(one, { columns: 80 }).split('\n');
  expect(lines.filter((line) => line.includes('█'))).toEqual([
    ` 20000 █${'·'.repeat(71)}`,
    ' █ receiving 1   ░ dynamic range 1,000   · free 64,534',
  ]);
  expect(lines.slice(-2)).toEqual([' Receiving', ' 20001 dns']);
});

test('own exclusions are called by their names', () => {
  const own = { protocol: 'tcp', store: 'persistent', source: 'netsh', administered: true, own: true } as const;
  const exclusions = [
    { ...own, range: { startPort: 5173, numberOfPorts: 1 }, name: 'vite', reason: 'the dev server' },
    { ...own, range: { startPort: 6000, numberOfPorts: 2 } },
  ];
  const dynamicRange = { startPort: 50_000, numberOfPorts: 1000 };
  const map = portMap('tcp', { holders: new Map(), exclusions, dynamicRange, warnings: [] }, []);
  const drawn = text(map, { ring: [5173, 6001] });
  expect(drawn).toContain(' Kept out of automatic choice\n  5173 vite (excluded, the dev server)\n');
  expect(drawn).toContain(' by PortReservation, bindable by number (netsh)\n   6000-6001');
  expect(drawn).toContain(' ◉ 5173 is kept out of automatic choice as vite, and free for who names it\n');
  expect(render(map, { format: 'svg' })).toContain('>vite</text>');
});

test('what does not fit is counted', () => {
  expect(text(inventedServer())).toContain('\n and 21 more\n');
  const every = Array.from({ length: 40 }, (_, index) => ({
    range: { startPort: 1000 * index + 1, numberOfPorts: 10 },
    protocol: 'tcp' as const,
    store: 'active' as const,
    source: 'netsh',
    administered: false,
    own: false,
  }));
  const dynamicRange = { startPort: 50_000, numberOfPorts: 1000 };
  const map = portMap('tcp', { holders: new Map(), exclusions: every, dynamicRange, warnings: [] }, []);
  expect(text(map, { columns: 40 }).split('\n').slice(-3)).toEqual([
    ' by the system, nobody can bind (netsh)',
    '   1-10, 1001-1010, 2001-2010,',
    '   3001-3010, 4001-4010 and 35 more',
  ]);
});
