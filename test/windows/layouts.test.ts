import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { codes } from '../../src/native/windows/codes.ts';
import {
  decodeInstance,
  encodeRange,
  encodeToken,
  ioctls,
  layouts,
  structs,
} from '../../src/native/windows/layouts.ts';
import { describeInLab, headerFacts } from '../lab/lab.ts';

const folder = join(import.meta.dirname, '../../src/native/windows');

/** Every constant of the folder that has its name from a header, as it stands in the source. */
function constants(): [string, number][] {
  const text = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const found = text.join('\n').matchAll(/^const ([A-Z][A-Za-z_0-9]+) = (.+);$/gm);
  return [...found].map(([, name, value]) => [name!, Number(value)]);
}

/** A number that C has as DWORD or int, as JavaScript's signed one. */
const signed = (value: number | undefined) => (value === undefined ? undefined : value | 0);

const inC = (struct: string) => (struct.startsWith('sockaddr') ? `struct ${struct}` : struct);

describeInLab('layouts: what the compiler says of the real headers', () => {
  test.each(Object.entries(ioctls))('%s', (name, value) => {
    expect(value).toBe(headerFacts()[name]);
  });

  test.each([...Object.entries(codes), ...constants()])('%s is %i', (name, value) => {
    const facts = headerFacts();
    // Two are compared by the compiler, because their C types have another width.
    if (name === 'INVALID_SOCKET') expect([value, facts['(int)INVALID_SOCKET == -1']]).toEqual([-1, 1]);
    else expect(value | 0).toBe(signed(facts[name] ?? facts[`(DWORD)${name}`]));
  });

  test.each(Object.entries(layouts))('%s', (struct, layout) => {
    const facts = headerFacts();
    for (const [field, value] of Object.entries(layout)) {
      const fact = field === 'size' ? `sizeof(${inC(struct)})` : `offsetof(${inC(struct)}, ${field})`;
      expect(value, fact).toBe(facts[fact]);
    }
  });

  test.each(Object.entries(structs))('%s as koffi has it on a 64-bit system', (struct, fields) => {
    const facts = headerFacts();
    const type = koffi.struct(fields);
    expect(koffi.sizeof(type)).toBe(facts[`sizeof(${struct})`]);
    // C may have the field in a structure inside the structure.
    const offsetOf = (field: string) =>
      Object.keys(facts).find((fact) => new RegExp(`^offsetof\\(${struct}, (\\w+\\.)?${field}\\)$`).test(fact));
    const known = Object.keys(fields).filter(offsetOf);
    expect(known.length).toBe(2);
    for (const field of known) expect(koffi.offsetof(type, field)).toBe(facts[offsetOf(field)!]);
  });

  describe('bytes', () => {
    const token = 0x8123_4567_89ab_cdefn;

    test('a range has its start in network order and its count in host order', () => {
      expect(encodeRange({ startPort: 0x1388, numberOfPorts: 0x0203 }).toString('hex')).toBe('13880302');
    });

    test('a token is 64 bits in host order', () => {
      expect(encodeToken(token).toString('hex')).toBe('efcdab8967452381');
    });

    test('an instance has its token behind four bytes of padding', () => {
      const bytes = Buffer.from('13880302ffffffffefcdab8967452381', 'hex');
      expect(decodeInstance(bytes)).toEqual({ startPort: 0x1388, numberOfPorts: 0x0203, token });
    });
  });
});
