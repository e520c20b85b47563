// Makes what the Windows lab needs in build/lab, and writes build/lab/lab.json, which tells the tests where it is.
// Each part lies in a folder named by the hash of what it is made from: whole, or not there at all.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmPackage } from '../../tools/npm-package.mjs';
import { powershellPackage } from '../../tools/powershell.mjs';

const here = import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const folder = join(root, 'build', 'lab');

const C_FLAGS = '-std=gnu11 -O1 -Wall -Wextra -Werror -D_WIN32_WINNT=0x0A00 -fms-extensions'.split(' ');
const X64 = 'x86_64-w64-mingw32-gcc';
const X86 = 'i686-w64-mingw32-gcc';

function find(...candidates) {
  const paths = candidates.flatMap((name) =>
    name.startsWith('/') ? [name] : (process.env.PATH ?? '').split(delimiter).map((part) => join(part, name)),
  );
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

class ProgramsMissing extends Error {}

function requireTools() {
  const tools = [
    ['wine64', find('wine64', '/usr/lib/wine/wine64')],
    ['gcc-mingw-w64-x86-64-win32', find(X64)],
    ['gcc-mingw-w64-i686-win32', find(X86)],
  ];
  const missing = tools.filter(([, path]) => !path).map(([debianPackage]) => debianPackage);
  const lines = [];
  if (missing.length) lines.push(`apt-get install --no-install-recommends ${missing.join(' ')}`);
  if (!find('dotnet')) lines.push('the .NET SDK 10 (dotnet) has to be on the PATH');
  if (lines.length) throw new ProgramsMissing(`The Windows lab lacks programs:\n  ${lines.join('\n  ')}`);
  return tools[0][1];
}

function run(command, args, options = {}) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} failed:\n${error.stdout ?? ''}${error.stderr ?? ''}`, {
      cause: error,
    });
  }
}

/** The folder of a part, made by `make(folder)` unless it is there. */
function part(name, ingredients, make) {
  const hash = createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 12);
  const final = join(folder, `${name}-${hash}`);
  if (existsSync(final)) return final;
  console.log(`lab: ${name}`);
  const started = Date.now();
  const fresh = mkdtempSync(join(folder, `new-${name}-`));
  try {
    make(fresh);
    if (!existsSync(final)) renameSync(fresh, final);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  console.log(`lab: ${name} made in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return final;
}

/** Removes parts that nothing in `lab` lies in: made from what has changed since. */
function prune(lab) {
  const used = Object.values(lab);
  for (const name of readdirSync(folder).filter((name) => /-[0-9a-f]{12}$/.test(name)))
    if (!used.some((path) => path.startsWith(join(folder, name)))) rmSync(join(folder, name), { recursive: true });
}

/** Path and content of the source files under `source`, without what a build leaves there. */
function sources(source) {
  const names = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](bin|obj)[\\/]/.test(path.slice(source.length)));
  return names.sort().map((path) => [path.slice(source.length), readFileSync(path, 'utf8')]);
}

// HOME is where Wine links Documents and the like to.
function wineEnvironment(prefix) {
  return { PATH: process.env.PATH, HOME: join(folder, 'home'), WINEPREFIX: prefix, WINEDEBUG: '-all' };
}

/** A Windows 10 that takes a netsh.exe of ours instead of its own. */
function winePrefix(wine) {
  return part('prefix', [run(wine, ['--version']), 5], (target) => {
    // Without these, wineboot asks for Mono and Gecko. Programs later need mscoree.
    const env = { ...wineEnvironment(target), WINEDLLOVERRIDES: 'mscoree,mshtml=d' };
    mkdirSync(env.HOME, { recursive: true });
    run(wine, ['wineboot', '-i'], { env, stdio: 'ignore' });
    const registry = (key, name, value) =>
      run(wine, ['reg', 'add', `HKCU\\Software\\Wine${key}`, '/v', name, '/d', value, '/f'], { env, stdio: 'ignore' });
    registry('', 'Version', 'win10');
    registry('\\DllOverrides', 'netsh.exe', 'native');
    run(find('wineserver', '/usr/lib/wine/wineserver'), ['-w'], { env, stdio: 'ignore' });
  });
}

/** The simulated kernel, and our stand-ins for netsh.exe and computenetwork.dll, which show and change the same machines. */
function kernel() {
  const kernelFolder = join(here, 'kernel');
  const files = readdirSync(kernelFolder).map((name) => join(kernelFolder, name));
  files.push(...['kernel.c', 'netsh.c', 'computenetwork.c'].map((name) => join(here, name)));
  const texts = files.map((path) => readFileSync(path, 'utf8'));
  return part('kernel', [texts, C_FLAGS, run(X64, ['--version'])], (target) => {
    const units = files.filter((path) => path.endsWith('.c') && !/(netsh|computenetwork)\.c$/.test(path));
    const ofMachine = ['machine.c', 'environment.c', 'ports.c'].map((name) => join(kernelFolder, name));
    const libraries = ['-lws2_32', '-liphlpapi', '-ladvapi32', '-lpsapi', '-lntdll'];
    const compile = (name, ...options) =>
      run(X64, [...C_FLAGS, '-static-libgcc', '-o', join(target, name), ...options, ...libraries]);
    compile('kernel.node', '-shared', ...units);
    compile('netsh.exe', join(here, 'netsh.c'), ...ofMachine);
    compile('computenetwork.dll', '-shared', join(here, 'computenetwork.c'), ...ofMachine);
  });
}

/** Puts the program in the place of Wine's own of that name. */
function install(prefix, program) {
  const place = join(prefix, 'drive_c/windows/system32', basename(program));
  symlinkSync(program, `${place}.${process.pid}`);
  renameSync(`${place}.${process.pid}`, place);
}

/** The numbers of the real headers: printed by the x64 program, and the same on x86 because it compiles. */
function facts(wine, prefix) {
  const file = join(here, 'facts.c');
  return part('facts', [readFileSync(file, 'utf8'), C_FLAGS, run(X64, ['--version'])], (target) => {
    const program = join(target, 'facts.exe');
    run(X86, [...C_FLAGS, '-fsyntax-only', file]);
    run(X64, [...C_FLAGS, '-o', program, file]);
    const output = openSync(join(target, 'facts.json'), 'w');
    run(wine, [program], { env: wineEnvironment(prefix), stdio: ['ignore', output, 'ignore'] });
    closeSync(output);
  });
}

/** A .NET project's output, built from a copy, which takes what a build leaves behind. */
function dotnet(name, source, command, finish = () => {}, ...ingredients) {
  return part(name, [sources(source), command, run('dotnet', ['--version']), ...ingredients], (target) => {
    const copy = mkdtempSync(join(folder, `source-${name}-`));
    try {
      for (const [path, text] of sources(source)) {
        mkdirSync(join(copy, path, '..'), { recursive: true });
        writeFileSync(join(copy, path), text);
      }
      run('dotnet', [...command, '-c', 'Release', '-o', target], { cwd: copy });
      finish(target);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
}

/**
 * PowerShell for Windows as the .NET tool has it, with a .NET of its own. Without a file of dependencies .NET takes what lies
 * beside the program, so what the tool keeps apart by system is put there; .NET's own assemblies stay, as they are newer.
 */
function powershell() {
  const tool = join(powershellPackage(), 'tools', 'net10.0', 'any', 'win');
  const isLaidFlat = /^runtimes\/win(-x64)?\/(lib\/[^/]+|native)$/;
  const addTool = (target) => {
    cpSync(tool, target, { recursive: true, force: false, filter: (path) => path !== join(tool, 'runtimes') });
    for (const entry of readdirSync(join(tool, 'runtimes'), { recursive: true, withFileTypes: true })) {
      const place = entry.parentPath.slice(tool.length + 1);
      if (entry.isFile() && isLaidFlat.test(place))
        copyFileSync(join(entry.parentPath, entry.name), join(target, entry.name));
    }
    copyFileSync(join(tool, 'pwsh.dll'), join(target, 'pwsh.dll'));
    rmSync(join(target, 'pwsh.deps.json'));
  };
  return join(dotnet('powershell', join(here, 'powershell'), ['publish'], addTool, tool), 'pwsh.exe');
}

export function setUp() {
  const wine = requireTools();
  mkdirSync(folder, { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const koffi = { name: '@koromix/koffi-win32-x64', ...packages['node_modules/@koromix/koffi-win32-x64'] };
  const [node20, node22] = JSON.parse(readFileSync(join(here, 'packages.json'), 'utf8')).map(npmPackage);
  const prefix = winePrefix(wine);
  const simulation = kernel();
  for (const name of ['netsh.exe', 'computenetwork.dll']) install(prefix, join(simulation, name));
  const lab = {
    wine,
    prefix,
    node20: join(node20, 'bin', 'node.exe'),
    node22: join(node22, 'bin', 'node.exe'),
    koffi: join(npmPackage(koffi), 'win32_x64', 'koffi.node'),
    kernel: join(simulation, 'kernel.node'),
    facts: join(facts(wine, prefix), 'facts.json'),
    powershell: powershell(),
    startupHook: join(dotnet('startup-hook', join(here, 'startup-hook'), ['build']), 'StartupHook.dll'),
  };
  const file = join(folder, 'lab.json');
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(lab, null, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
  prune(lab);
  return lab;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setUp();
  } catch (error) {
    console.error(error.message);
    // `npm test` goes on without the lab where its programs are not installed; the lab's tests are skipped and say so.
    const isOptional = process.argv.includes('--if-possible') && error instanceof ProgramsMissing && !process.env.CI;
    process.exitCode = isOptional ? 0 : 1;
  }
}
