import { describe, expect, test } from 'vitest';
import { PortSet } from '../../../src/protocol/port-set.ts';
import { formatPortList, listPieces, parsePortList } from '../../../src/providers/linux/port-list.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../../support/namespace.ts';
import { liveFile } from './support/sysctl.ts';

const lists = [
  '',
  '0',
  '65535',
  '65536',
  '0-65535',
  '80,5000-5009',
  '1,2-4,10-10',
  '10-10',
  '5000-4000',
  '80-',
  '-80',
  '1-2-3',
  '1--2',
  '5,',
  '5,,6',
  ',5',
  '80 90',
  '80, 90',
  'http',
  '+5',
  '5.0',
  '1e3',
  '010',
  '010-0x10',
  '09',
  '00',
  '0x1f',
  '0X1F',
  '0xg',
  '5005-5009,5000-5006',
];

test('is written ascending and merged', () => {
  const ports = PortSet.of([
    { startPort: 9, numberOfPorts: 2 },
    { startPort: 1, numberOfPorts: 1 },
    { startPort: 11, numberOfPorts: 1 },
  ]);
  expect(formatPortList(ports)).toBe('1,9-11');
});

test.each([12, 13, 17, 18, 4092])('is cut behind a comma, into pieces of at most %i bytes', (longest) => {
  const ranges = Array.from({ length: 3000 }, (_, index) => ({
    startPort: 5 + index * 20,
    numberOfPorts: 1 + (index % 3) * 4,
  }));
  const pieces = [...listPieces(ranges, longest)];
  expect(pieces.join('')).toBe(`${formatPortList(PortSet.of(ranges))},`);
  expect(pieces.every((piece) => piece.length <= longest && /^\d.*,$/.test(piece))).toBe(true);
});

describe.skipIf(noNamespaces)(namespaceTitle('against the kernel'), () => {
  test('every list is read, or refused, as the kernel does', async () => {
    const { sh } = await openNamespace();
    const answers = JSON.parse(
      sh(`node -e "
        const fs = require('fs'), file = fs.openSync('${liveFile}', 'r+');
        const answer = (list) => {
          try {
            fs.writeSync(file, list + '\\n', 0);
            return fs.readFileSync('${liveFile}', 'utf8').trim();
          } catch (error) { return error.code; }
        };
        console.log(JSON.stringify(JSON.parse(process.argv[1]).map(answer)));
      " '${JSON.stringify(lists)}'`),
    );
    const ours = lists.map((list) => {
      const ports = parsePortList(list);
      return ports ? formatPortList(ports) : 'EINVAL';
    });
    expect(Object.fromEntries(lists.map((list, index) => [list, ours[index]]))).toEqual(
      Object.fromEntries(lists.map((list, index) => [list, answers[index]])),
    );
  });
});
