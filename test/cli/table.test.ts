import { expect, test } from 'vitest';
import { Output } from '../../src/cli/output.ts';
import type { Terminal } from '../../src/cli/rendering.ts';
import { printable, table } from '../../src/cli/table.ts';

const columns = [
  { title: 'Port', of: ([port]: [number, string]) => port, align: 'right' as const },
  { title: 'Explanation', of: ([, text]: [number, string]) => text },
];

test('a table is as wide as what is in it', () => {
  expect(table([[5, 'short'] as [number, string], [65535, 'a longer text']], columns)).toBe(
    [' Port Explanation', ' ---- -----------', '    5 short', '65535 a longer text', ''].join('\n'),
  );
});

test('the last column is wrapped between words where the terminal is narrow', () => {
  const lines = table(
    [[5000, 'one two three four five six seven-hundred-and-seventy-seven'] as [number, string]],
    columns,
    30,
  );
  expect(lines).toBe(
    [
      'Port Explanation',
      '---- -----------',
      '5000 one two three four five',
      '     six',
      '     seven-hundred-and-seventy-seven',
      '',
    ].join('\n'),
  );
});

test('what others chose cannot move the cursor', () => {
  expect(printable('a\u001b[2Jb\r\u0007\u009bc\nd\u202ee')).toBe('a?[2Jb???c\nd?e');
  expect(table([[1, 'x\u001b[31m'] as [number, string]], columns)).not.toContain('\u001b');
  expect(table([[1, 'x\ny'] as [number, string]], columns)).toMatch(/\n *1 x y\n$/);
});

test.each([
  [true, { stdout: '', stderr: 'portreservation: No ports.\n' }],
  [false, { stdout: '', stderr: '' }],
])('a table without rows says so at a terminal alone: %s', (isTTY, expected) => {
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said) => ({ isTTY, write: (text: string) => (said[name] += text) });
  const output = new Output({ stdout: stream('stdout'), stderr: stream('stderr') } as unknown as Terminal);
  output.table([], columns, 'No ports.');
  expect(said).toEqual(expected);
});
