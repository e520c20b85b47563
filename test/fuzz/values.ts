import type { Random } from './random.ts';

interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

/** The definitions of the contract. */
export type Definitions = Record<string, Schema>;

const texts = [
  '',
  'web',
  'a[1-*2]?`',
  'Grün 試験 🚢',
  '\ud800',
  'a\u0000b',
  '__proto__',
  '*a*a*a*a*a*a*ab',
  'x'.repeat(101),
];
const numbers = [0, -0, 1, -1, 80, 1023, 65_535, 65_536, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e308];

/** Anything at all. */
function anything(random: Random, depth = 0): unknown {
  switch (random.whole(0, depth > 3 ? 4 : 6)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.one(numbers);
    case 3:
    case 4:
      return random.one(texts);
    case 5:
      return Array.from({ length: random.whole(0, 4) }, () => anything(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.whole(0, 4) }, () => [random.one(texts), anything(random, depth + 1)]),
      );
  }
}

/** A value that the schema accepts, mostly: each part of it may be something else. */
export function valueFor(schema: Schema, definitions: Definitions, random: Random, wrong: number): unknown {
  if (random.chance(wrong)) return anything(random);
  if (schema.$ref) return valueFor(definitions[schema.$ref.split('/').at(-1)!]!, definitions, random, wrong);
  if (schema.oneOf) return valueFor(random.one(schema.oneOf), definitions, random, wrong);
  if (schema.enum) return random.one(schema.enum);
  if (schema.const !== undefined) return schema.const;
  switch (schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const keys = Object.keys(properties).filter((key) => required.includes(key) || random.chance(0.3));
      const value = Object.fromEntries(
        keys.map((key) => [key, valueFor(properties[key]!, definitions, random, wrong)]),
      );
      return random.chance(wrong) ? { ...value, [random.one(texts)]: anything(random) } : value;
    }
    case 'array':
      return Array.from({ length: random.whole(0, 3) }, () => valueFor(schema.items!, definitions, random, wrong));
    case 'integer': {
      const { minimum = 0, maximum = 1000 } = schema;
      return random.chance(0.8)
        ? random.whole(minimum, Math.min(maximum, minimum + 40))
        : random.whole(minimum, maximum);
    }
    case 'boolean':
      return random.chance(0.5);
    default:
      return random.one(texts);
  }
}
