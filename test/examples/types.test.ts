import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { fence } from '../docs/fences.ts';
import { startRawWorker } from '../support/worker.ts';
import { generated, run } from './generators.ts';
import { exampleTest } from './several.ts';

const here = join(import.meta.dirname, 'types');
const checkout = join(here, '../../..');
const schemaFile = join(checkout, 'dist/PortReservation/schemas/protocol.schema.json');
const schemaText = readFileSync(schemaFile, 'utf8');
const generator = join(here, 'node_modules');
type Document = [type: string, value: unknown];

/** What the types are to write again, as a worker takes it; NJsonSchema's write the default of whatIf where it is absent. */
const wishes: Document[] = [
  [
    'ReservationCreateParams',
    { protocol: ['tcp', 'udp'], numberOfPorts: 2, name: 'wéb 港', hold: 'none', whatIf: false },
  ],
  ['ReservationCreateParams', { protocol: 'udp', within: { startPort: 20000, numberOfPorts: 9000 }, whatIf: true }],
];

/** What a worker says: results of each kind, and the data of errors. */
async function answersOfWorker(): Promise<Document[]> {
  const { ask } = worker();
  const made = await ask('reservation/create', {
    protocol: ['tcp', 'udp'],
    numberOfPorts: 3,
    name: 'wéb 港',
    reason: '"x"\\',
  });
  const { range } = made.result.reservations[0]!;
  const ports = { protocol: 'tcp', ranges: [range] };
  return [
    ['Reservations', made.result],
    ['ListedReservations', (await ask('reservation/list', {})).result],
    ['PortStatusList', (await ask('port/inspect', ports)).result],
    ['PortMaps', (await ask('port/map', { protocol: ['tcp', 'udp'] })).result],
    ['ErrorData', (await ask('reservation/create', { protocol: 'tcp', ...range })).error.data],
    ['ErrorData', (await ask('reservation/create', { protocol: 'tcp', startPort: 0, lifetime: 'long' })).error.data],
  ];
}

/** An answer, of whatever form. */
interface Said {
  result: { reservations: { range: object }[] };
  error: { data: unknown };
}

/** A worker that answers one request after the other, whatever it is. */
function worker() {
  const { peer } = startRawWorker(onTestFinished, { args: ['--stdio', '--provider', 'ledger'] });
  let id = 0;
  const ask = async (method: string, params: unknown): Promise<Said> => {
    peer.request(++id, method, params);
    return (await peer.next()) as unknown as Said;
  };
  const ready = ask('initialize', { protocolVersion: 1 });
  return { ask: (method: string, params: unknown) => ready.then(() => ask(method, params)) };
}

/** Without what is null, which is the same as absent, and with times as one way of writing has them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toISOString();
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** Go has the word `inUse` of a verdict as a constant of that name; NJsonSchema goes by the field, of what stands inside another. */
const otherNames = ['InUseEnum', 'Moved', 'Yield', 'Counts'];
/** What the contract calls its types. */
const titles = new Set(
  Array.from(schemaText.matchAll(/"title":\s*"(\w+)"/g), ([, title]) => title!).concat(otherNames),
);

for (const one of generated) {
  const { name, line, build } = one;
  const hasGenerator = line === 'dotnet run' || existsSync(generator);
  const needs = hasGenerator ? one : { ...one, isHere: false, called: 'quicktype' };
  exampleTest(`types that docs/clients.md generates in ${name} lose nothing of what a worker says`, needs, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(here, folder, { recursive: true, filter: (path) => path !== generator });
    symlinkSync(generator, join(folder, 'node_modules'));
    cpSync(join(checkout, 'examples/types/generate.cs'), join(folder, 'generate.cs'));
    cpSync(schemaFile, join(folder, 'protocol.schema.json'));
    const [schema, types, makeFolder, ...commands] = fence('docs/clients.md', 'C=').trimEnd().split('\n');
    const mine = commands.filter((command) => command.includes(line));
    expect(mine).toHaveLength(1);
    run(folder, 'sh', '-ec', [schema, types, makeFolder, ...mine].join('\n'));

    const [file, pattern] = one.names;
    const declared = [...readFileSync(join(folder, file), 'utf8').matchAll(pattern)].map(([, type]) => type!);
    expect(declared.length).toBeGreaterThan(5);
    expect(declared.filter((type) => !titles.has(type))).toEqual([]);

    const documents = [...wishes, ...(await answersOfWorker())];
    const tokens = JSON.stringify(documents).match(/"token":"\d+"/g)!;
    expect(Math.max(...tokens.map((token) => token.length))).toBeGreaterThan('"token":"9007199254740992"'.length);
    const input = documents.map(([type, value]) => `${type}\t${JSON.stringify(value)}\n`).join('');
    const [program, ...words] = build(folder);
    const { status, stdout, stderr } = spawnSync(program!, words, {
      cwd: folder,
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 26, // a map of all ports, where many are in use
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const written = stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(written.map(plain)).toEqual(documents.map(([, value]) => plain(value)));

    const { ask } = worker();
    for (const wish of written.slice(0, wishes.length))
      expect(await ask('reservation/create', wish)).toMatchObject({ result: { reservations: expect.anything() } });
  });
}
