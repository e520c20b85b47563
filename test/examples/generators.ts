import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cargoBuild, rust } from './libraries.ts';
import { answers, type Needs, pythonWith } from './several.ts';

const jackson = ['core', 'databind', 'annotations'].map((part) => `/usr/share/java/jackson-${part}.jar`);

/** A generator of types for a language. */
interface Generated extends Needs {
  name: string;
  /** What the line of docs/clients.md has that makes them. */
  line: string;
  /** Where the names of types stand in which file. */
  names: [file: string, pattern: RegExp];
  /** Compiles them in the folder, and gives the command that reads documents and writes them again. */
  build: (folder: string) => string[];
}

const quiet = { DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1' };
/** Runs a program in the folder; fails with what it says. */
export const run = (cwd: string, program: string, ...words: string[]) =>
  execFileSync(program, words, { cwd, env: { ...process.env, ...quiet }, stdio: ['ignore', 'pipe', 'pipe'] });

const buildCsharp = (folder: string, ...words: string[]) => {
  run(folder, 'dotnet', 'build', 'round.csproj', '-o', 'out', ...words);
  return [join(folder, 'out/round')];
};

export const generated: Generated[] = [
  {
    name: 'Go',
    line: '--lang go',
    names: ['ports/ports.go', /^type (\w+) /gm],
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
    names: ['ports.rs', /^pub (?:struct|enum) (\w+)/gm],
    ...rust(),
    called: 'cargo, or serde from Debian 13',
    build: (folder) => [cargoBuild(folder, 'round')],
  },
  {
    name: 'Python',
    line: '--lang python',
    names: ['ports.py', /^class (\w+)/gm],
    isHere: [['python3', '--version']],
    isInCi: true,
    called: 'python3',
    build: (folder) => [pythonWith('json')!, join(folder, 'round.py')],
  },
  {
    name: 'Java',
    line: '--lang java',
    names: ['ports/Converter.java', /public static (?!String)(\w+) \w+FromJsonString/g],
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
    names: ['Ports.cs', /public (?:partial class|enum|partial struct) (\w+)/g],
    isHere: [['dotnet', '--version']],
    isInCi: true,
    called: '.NET SDK',
    build: (folder) => buildCsharp(folder),
  },
  {
    name: 'C# by NJsonSchema',
    line: 'dotnet run',
    names: ['Contract.cs', /public partial class (\w+)/g],
    isHere: [['dotnet', '--version']],
    isInCi: true,
    called: '.NET SDK',
    build: (folder) => buildCsharp(folder, '-p:DefineConstants=NJSONSCHEMA'),
  },
];
