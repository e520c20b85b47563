import { describe, expect, test } from 'vitest';
import { parseDynamicPortRange, parseExcludedPortRanges } from '../../../src/providers/windows/excluded-port-ranges.ts';
import { inCodePage, netshOutput, netshRow, netshTexts } from './netsh-texts.ts';

const rows = [
  { range: { startPort: 5357, numberOfPorts: 1 }, administered: false },
  { range: { startPort: 50000, numberOfPorts: 60 }, administered: true },
  { range: { startPort: 51940, numberOfPorts: 100 }, administered: false },
  { range: { startPort: 52040, numberOfPorts: 100 }, administered: false },
];
const printed = [netshRow(5357, 5357), netshRow(50000, 50059, true), netshRow(51940, 52039), netshRow(52040, 52139)];

describe.each(netshTexts)('netsh in $language', (text) => {
  test('its rows are read', () => {
    expect(parseExcludedPortRanges(netshOutput(text, printed))).toEqual(rows);
  });

  test(`its rows are read in code page ${text.codePage}`, () => {
    expect(parseExcludedPortRanges(inCodePage(netshOutput(text, printed), text.codePage))).toEqual(rows);
  });

  test('a table without rows is an empty list, not a failure', () => {
    expect(parseExcludedPortRanges(inCodePage(netshOutput(text, []), text.codePage))).toEqual([]);
  });
});

const english = netshTexts[0]!;

test.each([
  ['blanks behind rows, header and dashes', (line: string) => `${line}      `],
  ['line feeds alone', (line: string) => line],
])('rows are read with %s', (_, change) => {
  const output = netshOutput({ ...english, dashes: change(english.dashes) }, printed.map(change));
  expect(parseExcludedPortRanges(output.replaceAll('\r\n', '\n'))).toEqual(rows);
});

test.each([
  ['nothing', ''],
  ['an error', 'The requested operation requires elevation (Run as administrator).\r\n'],
  ['rows without a line of dashes', `${printed.join('\r\n')}\r\n`],
  ['help text with a dash', '\r\nUsage: show excludedportrange [protocol=]tcp|udp\r\n  - shows the table\r\n'],
])('%s is not understood, rather than taken for no rows', (_, output) => {
  expect(parseExcludedPortRanges(output)).toBeUndefined();
});

test.each([
  ['65536', netshRow(65000, 65536)],
  ['port 0', netshRow(0, 10)],
  ['an end before its start', netshRow(5010, 5000)],
  ['six digits', netshRow(100000, 100001)],
  ['the footnote', '* - 5000 5001'],
])('a row with %s is left out', (_, row) => {
  expect(parseExcludedPortRanges(netshOutput(english, [row, printed[0]!]))).toEqual([rows[0]]);
});

test.each([
  ['English', 'Start Port      : 49152\r\nNumber of Ports : 16384', 49152, 16384],
  ['English, newer', 'Start Port        : 1024\r\nNumber of Ports   : 64511', 1024, 64511],
  ['Chinese', inCodePage('启动端口        : 1024\r\n端口数          : 13977', '936'), 1024, 13977],
  ['Japanese', inCodePage('開始ポート      : 49152\r\nポート数        : 16384', '932'), 49152, 16384],
])('the dynamic range is read in %s', (_, lines, startPort, numberOfPorts) => {
  const output = `\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\n${lines}\r\n\r\n`;
  expect(parseDynamicPortRange(output)).toEqual({ startPort, numberOfPorts });
});

test.each([
  ['no numbers', 'Ok.\r\n'],
  ['a single number', 'Start Port      : 49152\r\n'],
  ['a range past the last port', 'a : 60000\r\nb : 10000\r\n'],
])('%s is no dynamic range', (_, output) => {
  expect(parseDynamicPortRange(output)).toBeUndefined();
});

const dashed = 'Port\r\n----------    --------\r\n';

test.each([
  ['0xFF as a blank, as in code page 850', '\xff     5357\xff       5357\xff     *\r\n', true],
  ['a blank that does not break', '\u00a0     5357\u00a0       5357\u00a0     *\r\n', true],
  ['a wide blank', '\u3000 5357\u3000 5357\r\n', false],
])('a row with %s is read', (_, line, administered) => {
  expect(parseExcludedPortRanges(`${dashed}${line}`)).toEqual([
    { range: { startPort: 5357, numberOfPorts: 1 }, administered },
  ]);
});

test('a line of numbers that is no row is not understood, which is not the same as none', () => {
  expect(parseExcludedPortRanges(`${dashed}  5357 to 5360\r\n`)).toBeUndefined();
});

test.each([
  ['a wide colon in code page 936', 'x\r\n---\r\n\xc6\xf4\xb6\xaf\xa3\xba 49152\r\n\xa3\xba 16384\r\n', 49_152],
  [
    '0xFF before the colon',
    'Plage\r\n---\r\nPort de d\x82marrage\xff: 1024\r\nNombre de ports\xff\xff: 64511\r\n',
    1024,
  ],
])('a dynamic range with %s is read', (_, text, startPort) => {
  expect(parseDynamicPortRange(text)).toMatchObject({ startPort });
});
