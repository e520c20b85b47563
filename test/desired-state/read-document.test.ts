import { describe, expect, test } from 'vitest';
import { decodeDocument, formatOfFile, readDesiredState } from '../../src/desired-state/read-document.ts';
import { DocumentError } from '../../src/protocol/errors.ts';
import { badDocuments } from './bad-documents.ts';

const full = {
  $schema: './desired-state.schema.json',
  name: 'shop',
  reservations: [
    { protocol: ['tcp', 'udp'], startPort: 21040, numberOfPorts: 3, name: 'web', reason: 'front: "end" ü🚢' },
  ],
  exclusions: [{ protocol: 'tcp', startPort: 5173, store: 'active' }],
};

test.each([
  ['json', JSON.stringify(full)],
  ['json', JSON.stringify(full, null, '\t')],
  ['json', `\uFEFF${JSON.stringify(full)}`],
  ['json', JSON.stringify(full).replaceAll('/', '\\/').replace('ü', '\\u00fc').replace('3', '3.0')],
  ['yaml', JSON.stringify(full, null, '\t')],
  [
    'yaml',
    `%YAML 1.2
---
$schema: ./desired-state.schema.json # for the editor
name: shop
reservations:
  - protocol: [tcp, udp]
    startPort: 21040
    numberOfPorts: 3
    name: web
    reason: 'front: "end" ü🚢'
exclusions:
- {protocol: tcp, startPort: 0x1435, store: active}
`.replaceAll('\n', '\r\n'),
  ],
] as const)('the same is read from %s (%#)', async (format, text) => {
  expect(await readDesiredState(text, format)).toEqual(full);
});

describe('a document with', () => {
  test.each(badDocuments.map((bad) => [bad.title, bad.format, bad] as const))(
    '%s (%s) is refused with one clear error',
    async (_title, format, { text, says }) => {
      const error = await readDesiredState(text, format!).catch((caught) => caught);
      expect(error).toBeInstanceOf(DocumentError);
      if (says instanceof RegExp) expect(error.message).toMatch(says);
      else expect(error.message.slice(0, says.length)).toBe(says);
    },
  );
});

test('a hundred faults are told by the first twenty lines', async () => {
  const text = `name: shop\nreservations:\n${'- { protocol: tcp, startPort: 0 }\n'.repeat(100)}`;
  const error: DocumentError = await readDesiredState(text, 'yaml').catch((caught) => caught);
  expect(error.errors.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, index) => index + 3));
});

test("a file's bytes are UTF-8, with a byte order mark or without", () => {
  const text = 'name: ü\n';
  expect(decodeDocument(Buffer.from(text))).toBe(text);
  expect(decodeDocument(Buffer.from(`\uFEFF${text}`))).toBe(text);
  expect(() => decodeDocument(Buffer.from(text, 'latin1'))).toThrow('the document is not valid UTF-8');
  expect(() => decodeDocument(Buffer.alloc(1024 * 1024 + 1))).toThrow('at most 1048576 bytes');
});

test.each([
  ['ports.json', 'json'],
  ['PORTS.JSON', 'json'],
  ['ports.yaml', 'yaml'],
  ['ports.yml', 'yaml'],
  ['ports', 'yaml'],
] as const)('%s is read as %s', (file, format) => {
  expect(formatOfFile(file)).toBe(format);
});
