import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { start } from '../cli/support.ts';
import { ownHome } from '../support/worker.ts';
import { answers, exampleTest, type Needs, pythonWith } from './several.ts';
import { watchForDuplicates } from './watch.ts';

const suites = join(import.meta.dirname, '../../examples/suites');
const python = pythonWith('pytest', 'xdist');
const junit = [
  'jupiter-api',
  'jupiter-engine',
  'platform-commons',
  'platform-engine',
  'platform-launcher',
  'platform-console',
  'platform-reporting',
]
  .map((name) => `/usr/share/java/junit-${name}.jar`)
  .concat(['opentest4j', 'apiguardian-api', 'picocli'].map((name) => `/usr/share/java/${name}.jar`));

interface Suite extends Needs {
  name: string;
  /** Prepares it in the folder, and gives the command that runs it there. */
  prepare: (folder: string) => string[];
  /** How many ports its tests note; 24 where it is not said. */
  notes?: number;
}

const quietly = (cwd: string, program: string, ...words: string[]) =>
  execFileSync(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });

const all: Suite[] = [
  {
    name: 'pytest',
    isHere: python !== undefined,
    isInCi: true,
    called: 'python3-pytest-xdist',
    prepare: () => [python!, '-m', 'pytest', '-q', '-n', '8', '-p', 'no:cacheprovider'],
  },
  {
    name: 'go',
    isHere: [['go', 'version']],
    isInCi: true,
    called: 'go',
    prepare: (folder) => {
      // A process for each package.
      for (const name of ['front', 'back', 'mail']) {
        mkdirSync(join(folder, name));
        cpSync(join(folder, 'ports_test.go'), join(folder, name, 'ports_test.go'));
      }
      return ['go', 'test', '-count=1', '-p', '4', './...'];
    },
    notes: 4 * 24,
  },
  {
    name: 'ctest',
    isHere: [
      ['cmake', '--version'],
      ['make', '--version'],
    ],
    isInCi: true,
    called: 'cmake',
    prepare: (folder) => {
      quietly(folder, 'cmake', '-S', '.', '-B', 'build');
      quietly(folder, 'cmake', '--build', 'build');
      return ['ctest', '--test-dir', 'build', '-j', '16'];
    },
  },
  {
    name: 'rust',
    isHere: [['cargo', '--version']],
    isInCi: false,
    called: 'cargo',
    prepare: () => ['cargo', 'test', '-q', '--offline'],
  },
  {
    name: 'junit5',
    isHere: junit.every((file) => existsSync(file)) && answers('javac', ['-version']),
    isInCi: true,
    called: 'JDK, or junit5',
    prepare: (folder) => {
      const sources = ['Ports', 'ServersTest'].map((name) => `src/test/java/example/${name}.java`);
      quietly(folder, 'javac', '-d', 'classes', '-cp', junit.join(':'), ...sources);
      const console = [
        'org.junit.platform.console.ConsoleLauncher',
        '--scan-classpath',
        'classes',
        '--fail-if-no-tests',
      ];
      return ['java', '-cp', [...junit, 'classes'].join(':'), ...console];
    },
  },
];

for (const suite of all) {
  const { name, prepare, notes = 24 } = suite;
  exampleTest(`examples/suites/${name} passes, twice at the same time, and no port is given twice`, suite, async () => {
    const env = ownHome(onTestFinished);
    const watched = await watchForDuplicates(env);
    const runs = [0, 1].map(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      cpSync(join(suites, name), folder, { recursive: true });
      const words = prepare(folder);
      const log = join(folder, 'ports.log');
      const run = start(['exec', '--quiet', '--', ...words], { env: { ...env, PORTS_LOG: log }, cwd: folder });
      const { code, stdout, stderr } = await run.ended;
      expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
      return readFileSync(log, 'utf8').trim().split('\n');
    });
    for (const ports of await Promise.all(runs)) {
      expect(ports).toHaveLength(notes);
      // A port of a package that has ended may be another's later.
      if (notes === 24) expect(new Set(ports).size).toBe(notes);
    }
    expect(watched.twice).toEqual([]);
    // What was held for a moment between two looks is not told.
    expect(watched.seen).toBeGreaterThan(0);
  });
}
