import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { portreservation, start } from '../cli/support.ts';
import { ownHome } from '../support/worker.ts';
import { exampleTest, type Needs, pythonWith } from './several.ts';

const clients = join(import.meta.dirname, '../../examples/clients');
const gson = '/usr/share/java/gson.jar';
const jsonrpcOfDebian = '/usr/share/gocode/src/github.com/sourcegraph/jsonrpc2';
const crates = '/usr/share/cargo/registry';

interface Language extends Needs {
  name: string;
  /** Builds it from a copy in the folder, and gives the command that runs it. */
  build: (folder: string) => string[];
}

const run = (folder: string, program: string, words: string[], env = {}) =>
  execFileSync(program, words, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });

const languages: Language[] = [
  {
    name: 'python',
    isHere: [['python3', '--version']],
    isInCi: true,
    called: 'python3',
    build: (folder) => [pythonWith('asyncio')!, join(folder, 'portreservation.py')],
  },
  {
    name: 'go',
    isHere: existsSync(jsonrpcOfDebian),
    isInCi: true,
    called: 'golang-github-sourcegraph-jsonrpc2-dev',
    build: (folder) => {
      run(folder, 'go', ['build', '-o', 'client', 'main.go'], { GO111MODULE: 'off', GOPATH: '/usr/share/gocode' });
      return [join(folder, 'client')];
    },
  },
  {
    name: 'c',
    isHere: [['gcc', '--version']],
    isInCi: true,
    called: 'gcc',
    build: (folder) => {
      run(folder, 'gcc', ['-Wall', '-Wextra', '-Werror', '-O1', '-o', 'client', 'client.c']);
      return [join(folder, 'client')];
    },
  },
  {
    name: 'csharp',
    isHere: [['dotnet', '--version']],
    isInCi: true,
    called: '.NET SDK',
    build: (folder) => {
      run(folder, 'dotnet', ['build', 'client.cs', '-o', 'out'], {
        DOTNET_NOLOGO: '1',
        DOTNET_CLI_TELEMETRY_OPTOUT: '1',
      });
      return [join(folder, 'out/client')];
    },
  },
  {
    name: 'java',
    isHere: existsSync(gson),
    isInCi: false,
    called: 'libgoogle-gson-java',
    build: (folder) => {
      run(folder, 'javac', ['-cp', gson, 'Client.java']);
      return ['java', '-cp', `${gson}:${folder}`, 'Client'];
    },
  },
  {
    name: 'rust',
    isHere: existsSync(join(crates, 'serde_json-1.0.87')),
    isInCi: false,
    called: 'librust-serde-json-dev',
    build: (folder) => {
      const debian = `source.debian.directory="${crates}"`;
      run(folder, 'cargo', ['build', '-q', '--config', debian, '--config', 'source.crates-io.replace-with="debian"']);
      return [join(folder, 'target/debug/client')];
    },
  },
];

const scenario = /^reserved (\d+)\ntold \1\nlisted 1\nrefused RangeReserved\nreleased\n$/;

function follow(child: ChildProcess) {
  let said = '';
  let look = () => {};
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    look();
  });
  child.once('close', () => look());
  return async (isEnough: (text: string) => boolean) => {
    while (!isEnough(said) && child.exitCode === null && child.signalCode === null)
      await new Promise<void>((resolve) => {
        look = resolve;
      });
    return said;
  };
}

for (const language of languages) {
  const { name, build } = language;
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'port-reservation-'));
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    cpSync(join(clients, name), made, { recursive: true });
    return made;
  };
  exampleTest(
    `examples/clients/${name} joins exec, starts a worker, and notices the end of either`,
    language,
    async () => {
      const words = build(folder());
      const env = { ...ownHome(onTestFinished), PORT_RESERVATION_ADDRESS: '' };
      const inTree = await start(['exec', '--quiet', '--', ...words], { env }).ended;
      expect(inTree.stderr).toBe('');
      expect(inTree.stdout).toMatch(scenario);
      expect(inTree.code).toBe(0);

      const worker = `${process.execPath} ${portreservation} serve --stdio`;
      const alone = spawn(words[0]!, words.slice(1), {
        env: { ...env, PORTRESERVATION: worker },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      onTestFinished(() => void alone.kill('SIGKILL'));
      expect(await follow(alone)(() => false)).toMatch(scenario);

      // A service that is killed: the client is told, and waits for nothing.
      const serving = start(['serve', '--listen'], { env });
      const [, address] = await serving.line(/^PORT_RESERVATION_ADDRESS=(.*)$/m);
      const staying = spawn(words[0]!, words.slice(1), {
        env: { ...env, PORT_RESERVATION_ADDRESS: address, STAY: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void staying.kill('SIGKILL'));
      const said = follow(staying);
      await said((text) => text.includes('released\n'));
      serving.child.kill('SIGKILL');
      await once(serving.child, 'exit');
      expect(await said((text) => text.includes('gone\n'))).toContain('released\ngone\n');
    },
  );
}
