// Makes a real Visual Studio Code in build/editors: code-server, with its modules but for those that need a compiler's world,
// and a Node of the version it wants; and clients of the Model Context Protocol that others wrote. Called by .ci/run; it is large, so `npm test` does without where it is not there.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '..', '..', 'build', 'editors');
const versions = JSON.parse(readFileSync(join(here, 'packages.json'), 'utf8'));

/** The only native modules that are used: terminals, and the log. */
const native = ['node-pty', '@vscode/spdlog'];

/** Where a part is, made from these ingredients, or would be. */
function partFolder(name, ingredients) {
  const hash = createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 12);
  return join(folder, `${name}-${hash}`);
}

const { node, 'code-server': codeServer, ...clients } = versions;

/** Where the editor is. */
export const editorFolder = () => partFolder('vscode', [node, codeServer, native]);

/** Where the clients of the Model Context Protocol are that others wrote. */
export const clientsFolder = () => partFolder('clients', clients);

const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];

function npm(words, cwd, path) {
  try {
    execFileSync('npm', [...words, ...quietly], { cwd, stdio: 'pipe', env: { ...process.env, PATH: path } });
  } catch (error) {
    throw new Error(`npm ${words.join(' ')} failed:\n${error.stderr}${error.stdout}`, { cause: error });
  }
}

function packageFolder(parent, name, words) {
  const made = join(parent, name);
  mkdirSync(made);
  writeFileSync(join(made, 'package.json'), '{ "private": true }\n');
  npm(['install', ...words], made, process.env.PATH);
  return made;
}

function makeEditor(target) {
  // Node's own package fetches the program of this platform in its install script.
  const node = packageFolder(target, 'node', [`node@${versions.node}`]);
  const server = packageFolder(target, 'code-server', ['--ignore-scripts', `code-server@${codeServer}`]);
  const path = `${join(node, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const editor = join(server, 'node_modules', 'code-server', 'lib', 'vscode');
  const modules = ['install', '--omit=dev', '--ignore-scripts'];
  npm(modules, editor, path);
  npm(['rebuild', ...native], editor, path);
  npm(modules, join(editor, 'extensions'), path);
}

function makeClients(target) {
  for (const [name, version] of Object.entries(clients)) {
    packageFolder(target, name.split('/').at(-1), ['--ignore-scripts', `${name}@${version}`]);
  }
}

/** Makes the part whole, or not at all, and removes those it takes the place of. */
function part(final, make) {
  if (existsSync(final)) return;
  const name = basename(final).split('-')[0];
  const started = Date.now();
  const fresh = mkdtempSync(join(folder, 'new-'));
  try {
    make(fresh);
    renameSync(fresh, final);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  for (const other of readdirSync(folder)) {
    if (other.startsWith(`${name}-`) && join(folder, other) !== final) rmSync(join(folder, other), { recursive: true });
  }
  console.log(`editors: ${name} made in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

function setUp() {
  mkdirSync(folder, { recursive: true });
  part(editorFolder(), makeEditor);
  part(clientsFolder(), makeClients);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
