import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, onTestFinished, test } from 'vitest';
import { startRawWorker } from '../support/worker.ts';

// These are CommonJS, and their types are those of modules.
const require = createRequire(import.meta.url);
const { jsonSchema } = require('@json-schema-tools/meta-schema');
const { openrpcDocument: metaSchema } = require('@open-rpc/meta-schema');
const { parseOpenRPCDocument } = require('@open-rpc/schema-utils-js');
const { default: MethodTypings } = require('@open-rpc/typings');

const root = join(import.meta.dirname, '../..');

/** What a client in any language is given: the answer of the worker that ships. */
async function discovered(): Promise<Record<string, unknown>> {
  const { peer } = startRawWorker(onTestFinished);
  peer.request(1, 'rpc.discover');
  return (await peer.next()).result!;
}

/** All values under this key, however deep. */
function valuesOf(wanted: string, value: unknown, found: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === wanted && typeof item === 'string') found.push(item);
    else valuesOf(wanted, item, found);
  }
  return found;
}

const at = (document: unknown, reference: string) =>
  reference
    .split('/')
    .slice(1)
    .reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

test('rpc.discover gives a document that the meta schema of OpenRPC accepts', async () => {
  // It refers to the meta schema of JSON Schema with and without a slash at the end.
  const withoutOwn = (schema: object) => ({
    ...JSON.parse(JSON.stringify(schema).replaceAll('json-schema.tools"', 'json-schema.tools/"')),
    $schema: undefined,
  });
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(withoutOwn(jsonSchema));
  const validate = ajv.compile(withoutOwn(metaSchema));
  validate(await discovered());
  expect(validate.errors).toBe(null);
});

test('every reference in it resolves, and it says nothing that only the worker reads', async () => {
  const document = await discovered();
  const references = valuesOf('$ref', document);
  expect(references.length).toBeGreaterThan(50);
  for (const reference of references) expect(at(document, reference), reference).toBeDefined();
  expect(JSON.stringify(document)).not.toMatch(/"x-(?:allowed|readOnly|category)"/);
});

/** The types that the tools of OpenRPC make of the document, with a call of them in each of the ways there are. */
async function generatedClient(): Promise<string> {
  const typings = new MethodTypings(await parseOpenRPCDocument(await discovered()));
  const types = typings.toString('typescript', { includeSchemaTypings: true, includeMethodAliasTypings: true });
  return `${types}
type Client = (method: string, params: unknown) => Promise<unknown>;
export const reserveWith = (client: Client, protocol: Protocols, numberOfPorts: NumberOfPorts) =>
  client('reservation/create', { protocol, numberOfPorts }) as ReturnType<ReservationCreate>;
export async function firstPort(client: Client): Promise<number> {
  const { reservations, later } = await reserveWith(client, ['tcp', 'udp'], 3);
  return reservations[0].range.startPort + later;
}
`;
}

test('a client that is generated from it compiles', async () => {
  const folder = mkdtempSync(join(root, 'build/openrpc-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const compile = (text: string) => {
    const file = join(folder, 'client.ts');
    writeFileSync(file, text);
    const options = ['--noEmit', '--strict', '--ignoreConfig', '--module', 'nodenext', '--types', ''];
    try {
      return execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, file], {
        encoding: 'utf8',
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  const client = await generatedClient();
  expect(compile(client)).toBe('');
  expect(compile(client.replace("['tcp', 'udp'], 3", "['sctp'], 3"))).toContain('error TS2345');
});
