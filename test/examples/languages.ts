import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cargoBuild, lsp4j, rust } from './libraries.ts';
import { answers, type Needs, pythonWith } from './several.ts';

const jsonrpcOfDebian = '/usr/share/gocode/src/github.com/sourcegraph/jsonrpc2';
const jar = answers('javac', ['-version']) ? lsp4j() : undefined;

/** A language that there is an example client in. */
interface Language extends Needs {
  name: string;
  file: string;
  /** Builds it from a copy in the folder, and gives the command that runs it. */
  build: (folder: string) => string[];
}

const run = (folder: string, program: string, words: string[], env = {}) =>
  execFileSync(program, words, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });

export const languages: Language[] = [
  {
    name: 'python',
    file: 'portreservation.py',
    isHere: [['python3', '--version']],
    isInCi: true,
    called: 'python3',
    build: (folder) => [pythonWith('asyncio')!, '-u', join(folder, 'portreservation.py')],
  },
  {
    name: 'go',
    file: 'main.go',
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
    file: 'client.c',
    isHere: [['gcc', '--version']],
    isInCi: true,
    called: 'gcc',
    build: (folder) => {
      run(folder, 'gcc', ['-Wall', '-Wextra', '-Werror', '-O1', '-o', 'client', 'client.c']);
      // What C writes to a pipe comes at the end.
      return ['stdbuf', '-oL', join(folder, 'client')];
    },
  },
  {
    name: 'csharp',
    file: 'client.cs',
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
    file: 'Client.java',
    isHere: jar !== undefined,
    isInCi: true,
    called: 'JDK, or LSP4J from npm',
    build: (folder) => {
      run(folder, 'javac', ['-encoding', 'UTF-8', '-Xlint:all', '-Werror', '-cp', jar!, 'Client.java']);
      return ['java', '-cp', `${jar}${delimiter}${folder}`, 'Client'];
    },
  },
  {
    name: 'rust',
    file: 'src/main.rs',
    ...rust(),
    called: 'cargo, or lsp-server from Debian 13',
    build: (folder) => [cargoBuild(folder, 'client')],
  },
];
