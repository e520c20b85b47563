// Makes a real Visual Studio Code in build/editors: code-server, with its modules but for those that need a compiler's world,
// and a Node of the version it wants. Called by .ci/run; it is large, so `npm test` does without where it is not there.
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
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '..', '..', 'build', 'editors');
const versions = JSON.parse(readFileSync(join(here, 'packages.json'), 'utf8'));

/** The only native modules that are used: terminals, and the log. */
const native = ['node-pty', '@vscode/spdlog'];

/** Where the editor is, made from these versions, or would be. */
export function editorFolder() {
  const ingredients = JSON.stringify([versions, native]);
  const hash = createHash('sha256').update(ingredients).digest('hex').slice(0, 12);
  return join(folder, `vscode-${versions['code-server']}-${hash}`);
}

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

function make(target) {
  // Node's own package fetches the program of this platform in its install script.
  const node = packageFolder(target, 'node', [`node@${versions.node}`]);
  const server = packageFolder(target, 'code-server', ['--ignore-scripts', `code-server@${versions['code-server']}`]);
  const path = `${join(node, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const editor = join(server, 'node_modules', 'code-server', 'lib', 'vscode');
  const modules = ['install', '--omit=dev', '--ignore-scripts'];
  npm(modules, editor, path);
  npm(['rebuild', ...native], editor, path);
  npm(modules, join(editor, 'extensions'), path);
}

function setUp() {
  const final = editorFolder();
  if (existsSync(final)) return;
  mkdirSync(folder, { recursive: true });
  const started = Date.now();
  const fresh = mkdtempSync(join(folder, 'new-'));
  try {
    make(fresh);
    renameSync(fresh, final);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  for (const name of readdirSync(folder)) {
    if (name.startsWith('vscode-') && join(folder, name) !== final) rmSync(join(folder, name), { recursive: true });
  }
  console.log(`editors: Visual Studio Code made in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
