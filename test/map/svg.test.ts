import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { foldedRows } from '../../src/map/folded.ts';
import { render } from '../../src/map/render.ts';
import type { ProtocolMap } from '../../src/protocol/generated/contract.ts';
import { endPort } from '../../src/protocol/ranges.ts';
import type { FoundHolder } from '../../src/providers/provider.ts';
import { portMap } from '../../src/service/ports/map.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { expectGolden } from '../support/golden.ts';
import { inventedMachine, inventedServer } from './invented-machine.ts';

const svg = (map: ProtocolMap) => render(map, { format: 'svg' });

/** A machine with so many listeners, each of a process of its own. */
function crowded(ports: readonly number[], state: 'listening' | 'connected' = 'listening'): ProtocolMap {
  const holders = new Map(
    ports.map((port): [number, FoundHolder[]] => [
      port,
      [{ holder: { state, addresses: ['::'], processName: `worker-${port}`, processId: port, user: 'ada' } }],
    ]),
  );
  return portMap(
    'tcp',
    { holders, exclusions: [], dynamicRange: { startPort: 32_768, numberOfPorts: 28_232 }, warnings: [] },
    [],
  );
}
const every = (step: number, count: number) => Array.from({ length: count }, (_, index) => 1 + step * index);

const parse = `
import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
name = lambda one: one.tag.split('}')[1]
print(json.dumps({"root": name(root), "names": sorted({name(one) for one in root.iter()}),
  "titles": [one.text for one in root.iter() if name(one) == 'title'], "texts": [''.join(one.itertext()) for one in root.iter() if name(one) == 'text'],
  "links": [key for one in root.iter() for key in one.attrib if 'href' in key or key.startswith('on')]}))`;
const parsed = (text: string) =>
  JSON.parse(execFileSync('python3', ['-c', parse], { input: text, encoding: 'utf8', maxBuffer: 2 ** 26 }));

test('the picture of the README is the one of the invented machine', () => {
  expectGolden(svg(inventedMachine()), new URL('../../docs/port-map.svg', import.meta.url));
});

test.each([
  ['card', inventedMachine(), { card: true, ring: [5173] }],
  ['folded', inventedServer(), { layout: 'folded', ring: [443, 65_535], caption: 'lab-7, <2026>' }],
] as const)('the picture %s is the golden one', (name, map, { ...options }) => {
  const text = render(map, { format: 'svg', ...options, ring: [...options.ring] });
  expectGolden(text, new URL(`golden/${name}.svg`, import.meta.url));
});

test('a card is twice as wide as high, whatever is on it', () => {
  const whole = [inventedMachine(), inventedServer(), crowded(every(2, 32_767))];
  for (const map of whole) {
    const text = render(map, { format: 'svg', card: true, caption: 'x'.repeat(200) });
    expect(text).toMatch(/^<svg [^>]* viewBox="0 0 1200 600" width="1200" height="600"/);
    expect(Buffer.byteLength(text)).toBeLessThan(200_000);
  }
});

test('half of the folded area is ports below 10,000', () => {
  const rows = foldedRows(inventedServer().segments, { low: 500, high: 3000, cellsPerRow: 250 });
  expect(rows[0]!.range.startPort).toBe(0);
  expect(rows.filter(({ fold }) => fold).map(({ range, fold }) => [range.startPort, endPort(range), fold])).toEqual([
    [1500, 4999, 'free'],
    [5500, 7999, 'free'],
    [10_000, 30_999, 'free'],
    [43_000, 48_999, 'inDynamicRange'],
    [52_000, 60_999, 'inDynamicRange'],
  ]);
  const all = rows.flatMap(({ range }) => [range.startPort, endPort(range) + 1]);
  expect(all.slice(1, -1).every((port, index, some) => index % 2 === 1 || port === some[index + 1])).toBe(true);
});

test('the picture of a server is the golden one', () => {
  expectGolden(svg(inventedServer()), new URL('golden/server.svg', import.meta.url));
});

describe.skipIf(lacking.python)(`read by an XML parser${lacking.python}`, () => {
  test('it is whole, needs nothing else, and says what it shows', () => {
    const seen = parsed(svg(inventedServer()));
    expect(seen).toMatchObject({ root: 'svg', links: [] });
    expect(seen.names).toEqual(['desc', 'g', 'path', 'rect', 'style', 'svg', 'text', 'title', 'tspan']);
    expect(seen.titles).toEqual(
      expect.arrayContaining([
        'All TCP ports',
        '443 listening: nginx (process 900, www)',
        '5432 listening: user postgres',
        '35000-35049 excluded: by an administrator, bindable by number (net.ipv4.ip_local_reserved…',
        '35050-35059 reserved: Prüfstand 試験 (persistent of ada)',
        '40001 in use: no process',
        '1-21 privileged',
        '50001-60999 dynamic range',
      ]),
    );
  });

  test('names with markup and escape sequences are text', () => {
    const { titles, texts } = parsed(svg(inventedServer()));
    expect(titles).toContain('8080 listening: x\ufffd[2J<b>&\ufffdab (process 31337, ada)');
    expect(texts).toContain('8080x\ufffd[2J<b>&\ufffdab');
  });

  test.each<[string, ProtocolMap]>([
    ['3000 listeners, every 21st port', crowded(every(21, 3000))],
    ['3000 listeners side by side', crowded(every(1, 3000))],
    ['32767 listeners, every other port', crowded(every(2, 32_767))],
    ['13107 connections, one in each cell', crowded(every(5, 13_107), 'connected')],
    ['6553 connections, one in every other cell', crowded(every(10, 6553), 'connected')],
  ])('it stays under 200 KB and well-formed with %s', (_title, map) => {
    const text = svg(map);
    expect(Buffer.byteLength(text)).toBeLessThan(200_000);
    const { titles } = parsed(text);
    expect(titles.length).toBeGreaterThan(100);
  });

  test('neighbours that share a tooltip are counted and named in it', () => {
    const { titles } = parsed(svg(crowded(every(21, 3000))));
    expect(titles).toContain('1000-1099 5 listening: worker-1009, worker-1030, worker-1051, ...');
  });
});
