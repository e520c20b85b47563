import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** What each folder may import values from; `type:` means types alone. The reason stands in docs/architecture.md. */
const allowed: Record<string, string[]> = {
  protocol: [],
  map: ['protocol'],
  dialects: ['protocol'],
  service: ['protocol', 'map', 'type:providers', 'type:ledger'],
  machine: ['protocol', 'native'],
  ledger: ['protocol', 'machine', 'native', 'type:host'],
  providers: ['protocol', 'machine', 'native', 'type:host', 'type:ledger'],
  'desired-state': ['protocol', 'service'],
  native: ['type:protocol', 'package-files'],
  dsc: ['protocol', 'service', 'desired-state', 'rpc', 'host', 'open-service', 'oldest-node', 'exit-codes'],
  rpc: [
    'protocol',
    'dialects',
    'desired-state',
    'host',
    'package-files',
    'type:service',
    'type:providers',
    'type:open-service',
  ],
  demand: ['protocol', 'machine', 'native', 'rpc', 'open-service', 'type:host', 'service'],
  mcp: ['protocol', 'machine', 'ledger', 'service', 'rpc', 'host', 'open-service', 'exit-codes'],
  library: ['protocol', 'machine', 'providers', 'rpc', 'open-service', 'host', 'index', 'type:service'],
  cli: [
    'protocol',
    'dialects',
    'library',
    'native',
    'machine',
    'dsc',
    'mcp',
    'desired-state',
    'demand',
    'open-service',
    'run-worker',
    'settle-kernel',
    'uninstall',
    'start-error',
    'single-program',
    'oldest-node',
    'exit-codes',
    'rpc',
    'type:service',
    'type:host',
  ],
};

/** The only folders or files that may import a package. */
const packages: Record<string, RegExp> = {
  koffi: /^native\//,
  'vscode-jsonrpc': /^rpc\//,
  commander: /^cli\//,
  yaml: /^desired-state\//,
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.includes('generated/'));

function importsOf(file: string) {
  const text = readFileSync(join(source, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|import\('([^']+)'\)/gm);
  return [...statements].map(([, type, from, dynamic]) => ({ type: Boolean(type), from: (from ?? dynamic)! }));
}

function faults(file: string): string[] {
  const folder = file.includes('/') ? file.split('/')[0]! : '';
  const found: string[] = [];
  for (const { type, from } of importsOf(file)) {
    if (!from.startsWith('.')) {
      const guard = packages[from];
      if (guard && !type && !guard.test(file)) found.push(`${file} imports ${from}; only ${guard} may`);
      continue;
    }
    const target = join(file, '..', from).replaceAll('\\', '/');
    const targetFolder = target.includes('/') ? target.split('/')[0]! : target.replace(/\.ts$/, '');
    if (!folder || targetFolder === folder) continue;
    const rules = allowed[folder] ?? [];
    if (rules.includes(targetFolder) || (type && rules.includes(`type:${targetFolder}`))) continue;
    found.push(`${file} imports ${type ? 'a type' : 'a value'} from ${targetFolder}; ${folder} may not`);
  }
  return found;
}

/** The files that one imports, types too: what needs each other is one thing in two files. */
const neighbours = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter(({ from }) => from.startsWith('.'))
      .map(({ from }) => join(file, '..', from).replaceAll('\\', '/')),
  ]),
);

/** The way from a file back to itself; undefined where there is none. */
function circleOf(file: string): string[] | undefined {
  const from = new Map<string, string>();
  const open = [file];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of neighbours.get(at) ?? []) {
      if (next === file) return wayTo(at, from, file);
      if (!from.has(next)) {
        from.set(next, at);
        open.push(next);
      }
    }
  }
  return undefined;
}

function wayTo(end: string, from: ReadonlyMap<string, string>, file: string): string[] {
  const way = [file];
  for (let at: string | undefined = end; at !== undefined && at !== file; at = from.get(at)) way.push(at);
  return way;
}

test.each(files)('%s is in no circle of imports', (file) => {
  expect(circleOf(file)).toBeUndefined();
});

test.each(files)('%s keeps to its layer', (file) => {
  expect(faults(file)).toEqual([]);
});

test.each(files)('%s leaves `process` to the entries', (file) => {
  const text = readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const names = /(?<![.\w'"`-])process\.[a-z]/.test(text);
  const entries = [
    'run-worker.ts',
    'refuse-old-node.ts',
    'main.ts',
    'cli/main.ts',
    'cli/man/main.ts',
    'dsc/main.ts',
    'mcp/main.ts',
  ];
  const loaders = ['file', 'inside'].map((name) => `native/koffi-${name}.ts`).concat('native/unpacked.ts');
  const runners = ['vitest', 'jest', 'playwright'].map((name) => `library/runners/${name}.ts`);
  expect(names && !['host.ts', ...loaders, ...entries, ...runners].includes(file)).toBe(false);
});
