import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { compile } from 'json-schema-to-typescript';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorCatalogue, methodNames } from '../../src/protocol/generated/contract.ts';
import { startRawWorker } from '../support/worker.ts';

interface Schema {
  title?: string;
  additionalProperties?: boolean;
  anyOf?: unknown;
  properties?: Record<string, Schema>;
}

const root = join(import.meta.dirname, '../..');
const schema = JSON.parse(readFileSync(join(root, 'dist/PortReservation/schemas/protocol.schema.json'), 'utf8'));
const definitions: Record<string, Schema> = schema.$defs;

// strict: refuses keywords of our own, and references to what is not there.
const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  validateFormats: false,
  schemas: [{ $id: 'protocol', ...schema }],
});
const validatorOf = (title: string) => ajv.getSchema(`protocol#/$defs/${title}`)!;

const pascal = (method: string) =>
  method
    .split(/[/.]/)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');

test('the package leads to it', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(exports['./protocol.schema.json']).toBe('./dist/PortReservation/schemas/protocol.schema.json');
});

test('every title is the only one of its name, and a name that a type can have', () => {
  const titles: string[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (key === 'title' && typeof item === 'string') titles.push(item);
      else look(item);
    }
  };
  look(schema);
  const places = [...new Set(titles)].filter((title) => !definitions[title]);
  expect(titles.filter((title) => !/^[A-Z][A-Za-z0-9]*$/.test(title))).toEqual([]);
  // What has a definition of its own may stand in line as well, and is the same there.
  const twice = places.filter((title) => titles.filter((one) => one === title).length > 1);
  expect(twice).toEqual([]);
  const methods = methodNames.map(pascal);
  expect(titles.filter((title) => methods.includes(title))).toEqual([]);
  for (const [title, definition] of Object.entries(definitions)) expect(definition.title).toBe(title);
});

test('each definition compiles, and there is one for each method, both ways, and for errors', () => {
  for (const title of Object.keys(definitions)) expect(validatorOf(title), title).toBeTypeOf('function');
  for (const method of methodNames) {
    expect(definitions[`${pascal(method)}Params`], method).toMatchObject({ additionalProperties: false });
    expect(definitions[`${pascal(method)}Params`]!.anyOf).toBeUndefined();
  }
  expect(Object.keys(definitions)).toEqual(
    expect.arrayContaining(['Reservations', 'ErrorData', 'FieldError', 'ReservationChangedParams', 'DesiredState']),
  );
});

describe('results are open, params are closed', () => {
  test.each(['Reservations', 'Reservation', 'PortStatus', 'ErrorData', 'WorkDoneProgress', 'PortRange'])(
    '%s',
    (title) => {
      expect(definitions[title]!.additionalProperties).toBeUndefined();
    },
  );

  test('what a worker answers is what they say, and stays so with a new key', async () => {
    const { peer } = startRawWorker(onTestFinished, { args: ['--stdio', '--provider', 'ledger'] });
    const ask = async (method: string, params: object) => {
      peer.request(method, method, params);
      const { result, error } = await peer.next();
      return (result ?? error) as Record<string, unknown>;
    };
    const made = await ask('reservation/create', { protocol: ['tcp', 'udp'], name: 'a[1]' });
    const [first] = made.reservations as { range: { startPort: number }; new?: number }[];
    const isReservations = validatorOf('Reservations');
    expect(isReservations(made), JSON.stringify(isReservations.errors)).toBe(true);
    first!.new = 1;
    expect(isReservations(made)).toBe(true);
    first!.range.startPort = 0;
    expect(isReservations(made)).toBe(false);
    const refused = await ask('reservation/create', { protocol: 'tcp', startPort: 0 });
    expect(validatorOf('ErrorData')(refused.data)).toBe(true);
    const taken = await ask('reservation/lookup', { protocol: 'tcp', range: { startPort: 9, numberOfPorts: 1 } });
    expect(taken).toMatchObject({ code: errorCatalogue.NotFound.code });
    expect(validatorOf('ErrorData')(taken.data)).toBe(true);
  });

  test('an unknown param is refused as the worker refuses it', () => {
    const isCreate = validatorOf('ReservationCreateParams');
    expect(isCreate({ protocol: 'tcp', numberOfPorts: 2 })).toBe(true);
    expect(isCreate({ protocol: 'tcp', zap: 2 })).toBe(false);
  });
});

test('types can be generated from it', async () => {
  const types = await compile({ ...schema, definitions }, 'Protocol', { unreachableDefinitions: true, format: false });
  for (const title of ['ErrorData', 'Reservations', 'PortInspectParams'])
    expect(types).toContain(`interface ${title} `);
});
