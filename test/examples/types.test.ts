import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { fence } from '../docs/fences.ts';
import { startRawWorker } from '../support/worker.ts';
import { crates } from './libraries.ts';
import { answers, exampleTest, type Needs, pythonWith } from './several.ts';

const here = join(import.meta.dirname, 'types');
const checkout = join(here, '../../..');
const generator = join(here, 'node_modules');
const jackson = ['core', 'databind', 'annotations'].map((part) => `/usr/share/java/jackson-${part}.jar`);
const hasCargo = answers('cargo', ['--version']);
const vendored = hasCargo ? crates() : undefined;

interface Generated extends Needs {
  name: string;
  /** What the line of docs/clients.md has that makes them. */
  line: string;
  /** Compiles them in the folder, and gives the command that reads documents and writes them again. */
  build: (folder: string) => string[];
}

const quiet = { DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1' };
const run = (cwd: string, program: string, ...words: string[]) =>
  execFileSync(program, words, { cwd, env: { ...process.env, ...quiet }, stdio: ['ignore', 'pipe', 'pipe'] });

const buildCsharp = (folder: string, ...words: string[]) => {
  run(folder, 'dotnet', 'build', 'round.csproj', '-o', 'out', ...words);
  return [join(folder, 'out/round')];
};

const all: Generated[] = [
  {
    name: 'Go',
    line: '--lang go',
    isHere: [['go', 'version']],
    isInCi: true,
    called: 'go',
    build: (folder) => {
      run(folder, 'go', 'vet', './...');
      run(folder, 'go', 'build', '-o', 'round', '.');
      return [join(folder, 'round')];
    },
  },
  {
    name: 'Rust',
    line: '--lang rust',
    isHere: vendored !== undefined,
    isInCi: hasCargo,
    called: 'cargo, or serde from Debian 13',
    build: (folder) => {
      const debian = ['--config', `source.debian.directory="${vendored}"`];
      run(folder, 'cargo', 'build', '-q', ...debian, '--config', 'source.crates-io.replace-with="debian"');
      return [join(folder, 'target/debug/round')];
    },
  },
  {
    name: 'Python',
    line: '--lang python',
    isHere: [['python3', '--version']],
    isInCi: true,
    called: 'python3',
    build: (folder) => [pythonWith('json')!, join(folder, 'round.py')],
  },
  {
    name: 'Java',
    line: '--lang java',
    isHere: jackson.every((file) => existsSync(file)) && answers('javac', ['-version']),
    isInCi: true,
    called: 'JDK, or libjackson2-databind-java',
    build: (folder) => {
      // Debian's Jackson 2.14 says of writing a text that it may fail as any input and output.
      const converter = join(folder, 'ports/Converter.java');
      const text = readFileSync(converter, 'utf8');
      writeFileSync(converter, text.replaceAll('throws JsonProcessingException', 'throws IOException'));
      const path = [...jackson, folder].join(delimiter);
      run(folder, 'javac', '-encoding', 'UTF-8', '-cp', path, 'Round.java');
      return ['java', '-cp', path, 'Round'];
    },
  },
  {
    name: 'C#',
    line: '--lang csharp',
    isHere: [['dotnet', '--version']],
    isInCi: true,
    called: '.NET SDK',
    build: (folder) => buildCsharp(folder),
  },
  {
    name: 'C# by NJsonSchema',
    line: 'dotnet run',
    isHere: [['dotnet', '--version']],
    isInCi: true,
    called: '.NET SDK',
    build: (folder) => buildCsharp(folder, '-p:DefineConstants=NJSONSCHEMA'),
  },
];

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

for (const generated of all) {
  const { name, line, build } = generated;
  const hasGenerator = line === 'dotnet run' || existsSync(generator);
  const needs = hasGenerator ? generated : { ...generated, isHere: false, called: 'quicktype' };
  exampleTest(`types that docs/clients.md generates in ${name} lose nothing of what a worker says`, needs, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(here, folder, { recursive: true, filter: (path) => path !== generator });
    symlinkSync(generator, join(folder, 'node_modules'));
    cpSync(join(checkout, 'examples/types/generate.cs'), join(folder, 'generate.cs'));
    cpSync(join(checkout, 'dist/PortReservation/schemas/protocol.schema.json'), join(folder, 'protocol.schema.json'));
    const [schema, types, makeFolder, ...commands] = fence('docs/clients.md', 'C=').trimEnd().split('\n');
    const mine = commands.filter((command) => command.includes(line));
    expect(mine).toHaveLength(1);
    run(folder, 'sh', '-ec', [schema, types, makeFolder, ...mine].join('\n'));

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
