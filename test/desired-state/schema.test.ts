import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

// strict: refuses keywords of our own, and references to files that are not shipped.
const schema = JSON.parse(read('dist/PortReservation/schemas/desired-state.schema.json'));
const isDesiredState = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);

test('the schema that ships stands alone and knows the example', () => {
  const example = parse(read('examples/systemd/shop.yaml'));
  expect(isDesiredState(example)).toBe(true);
  example.reservations[1].protocol = ['tcp', 'sctp'];
  expect(isDesiredState(example)).toBe(false);
});

test('the package and the example lead to it', () => {
  const { exports } = JSON.parse(read('package.json'));
  expect(exports['./desired-state.schema.json']).toBe('./dist/PortReservation/schemas/desired-state.schema.json');
  expect(read('examples/systemd/shop.yaml')).toContain(
    '$schema=../../dist/PortReservation/schemas/desired-state.schema.json\n',
  );
});
