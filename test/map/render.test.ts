import { expect, test } from 'vitest';
import { gridOf, placeOf } from '../../src/map/grid.ts';
import { checkRendering } from '../../src/map/render.ts';
import { asciiText, cutText, textWidth, xmlText } from '../../src/map/text-width.ts';
import { checkParams } from '../../src/protocol/check.ts';
import type { PortMapRendering } from '../../src/protocol/generated/contract.ts';
import { plainText } from '../../src/protocol/plain-text.ts';

const fieldsOf = (check: () => void) => {
  try {
    check();
    return [];
  } catch (error) {
    return (error as { errors: { field: string; message: string }[] }).errors.map(
      (one) => `${one.field} ${one.message}`,
    );
  }
};

test.each<[PortMapRendering, string[]]>([
  [{ format: 'svg' }, []],
  [{ format: 'text', columns: 40, colors: 'trueColor', characters: 'unicode' }, []],
  [
    { format: 'svg', columns: 80, colors: 'none', characters: 'ascii' },
    ['columns', 'colors', 'characters'].map((field) => `render.${field} is not for the format svg`),
  ],
  [{ format: 'text', characters: 'ascii', colors: 'ansi16' }, ['render.colors must be none where characters is ascii']],
  [{ format: 'text', characters: 'ascii', colors: 'none' }, []],
  [{ format: 'html', ring: [5173], caption: 'x' }, []],
  [
    { format: 'html', layout: 'even', card: true, columns: 80 },
    ['columns', 'card']
      .map((field) => `render.${field} is not for the format html`)
      .concat('render.layout must be folded for the format html'),
  ],
  [{ format: 'text', card: true }, ['render.card is not for the format text']],
  [{ format: 'svg', card: true, layout: 'even' }, ['render.layout must be folded for a card']],
])('the rendering %j is refused for %j', (rendering, faults) => {
  expect(fieldsOf(() => checkRendering(rendering))).toEqual(faults);
});

test.each<[unknown, string[]]>([
  [{ protocol: 'tcp' }, []],
  [{}, ['protocol is required']],
  [{ protocol: 'sctp' }, ['protocol must be tcp, udp, or a list of one or both']],
  [{ protocol: 'tcp', render: {} }, ['render.format is required']],
  [{ protocol: 'tcp', render: { format: 'png' } }, ['render.format must be one of text, svg, html']],
  [{ protocol: 'tcp', render: { format: 'text', columns: 39 } }, ['render.columns must be 40 to 500']],
  [{ protocol: 'tcp', render: { format: 'text', columns: 501 } }, ['render.columns must be 40 to 500']],
  [
    { protocol: 'tcp', render: { format: 'text', colors: 'red' } },
    ['render.colors must be one of none, ansi16, ansi256, trueColor'],
  ],
  [{ protocol: 'tcp', render: { format: 'text', width: 80 } }, ['render.width is not a known parameter']],
])('the params %j are refused for %j', (params, faults) => {
  expect(fieldsOf(() => checkParams('port/map', params))).toEqual(faults);
});

test('of a cell the most remarkable port is shown, and each port has one cell', () => {
  const shape = { portsPerRow: 1000, cellsPerRow: 200 };
  const range = (startPort: number, numberOfPorts: number) => ({ startPort, numberOfPorts });
  const rows = gridOf(
    [
      { range: range(1, 1003), kind: 'privileged' },
      { range: range(1004, 1), kind: 'inUse' },
      { range: range(1005, 64_531), kind: 'free' },
    ],
    shape,
  );
  expect(rows).toHaveLength(66);
  expect(rows[0]!.every((kind) => kind === 'privileged')).toBe(true);
  expect(rows[1]!.slice(0, 3)).toEqual(['inUse', 'free', 'free']);
  expect(rows[65]!.slice(106, 109)).toEqual(['free', 'free', undefined]);
  expect(placeOf(65_535, shape)).toEqual({ row: 65, cell: 107 });
});

test('text from elsewhere is made harmless, and measured', () => {
  const hostile = ' a\u001b]0;x\u0007\r\nb\u200b\u202e\u2028\u{e000}\ud800 ';
  const mark = '\ufffd';
  expect(plainText(hostile)).toBe(`a${mark}]0;x${mark.repeat(3)}b${mark.repeat(5)}`);
  expect(xmlText('<a href="x">&\u0000</a>')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;\ufffd&lt;/a&gt;');
  expect(asciiText('Prüf 試🚢')).toBe('Pr?f ??');
  expect([textWidth('Prüf'), textWidth('試験🚢'), textWidth('e\u0301')]).toEqual([4, 6, 1]);
  expect(cutText('試験用の', 6, '…')).toBe('試験…');
  expect(cutText('abc', 3, '…')).toBe('abc');
});
