// The worker as one program that needs no Node: the Node that runs this, with the worker inside (a single executable
// application). koffi's native file stays beside it, because the system loads it from a file.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, commonJs } from './bundle.mjs';
import { NotPossible } from './not-possible.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const usual = join(root, 'build', 'worker-program');
const postject = join(root, 'node_modules', 'postject', 'dist', 'cli.js');
const name = process.platform === 'win32' ? 'port-reservation-worker.exe' : 'port-reservation-worker';

/** Where Node marks that something was injected; the same in every Node. */
const sentinelFuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Quiet unless it fails: both steps talk of harmless things. */
function node(cwd, ...args) {
  try {
    execFileSync(process.execPath, args, { cwd, stdio: 'pipe' });
  } catch (error) {
    const said = `${error.stdout}${error.stderr}`;
    throw new NotPossible(`The Node at ${process.execPath} cannot be made into a program:\n${said}`, { cause: error });
  }
}

/** Node's own licence, which goes with the program; installers put it in one of these places. */
function nodeLicence() {
  const bin = dirname(process.execPath);
  const places = [join(bin, 'LICENSE'), join(bin, '..', 'LICENSE'), '/usr/share/doc/nodejs/LICENSE'];
  const found = places.find((path) => existsSync(path));
  if (!found)
    throw new NotPossible(`Node's licence is not in any of ${places.join(', ')}; it must go with the program.`);
  return found;
}

/** A program's main file is CommonJS; what lies beside it is found from the program. */
function bundleMain(outfile) {
  return bundle('src/main.ts', outfile, './koffi', commonJs('process.execPath'));
}

/** The same bytes wherever and whenever it is made: paths are relative, and the code cache is made with a fixed seed. */
function make(main, work, target) {
  const [config, output] = ['sea.json', 'worker.blob'];
  const settings = { main, output, disableExperimentalSEAWarning: true, useCodeCache: true };
  writeFileSync(join(work, config), JSON.stringify(settings));
  node(work, '--random-seed=1', '--experimental-sea-config', config);
  const program = join(target, name);
  cpSync(process.execPath, program);
  chmodSync(program, 0o755);
  node(work, postject, program, 'NODE_SEA_BLOB', output, '--sentinel-fuse', sentinelFuse);
  cpSync(nodeLicence(), join(target, 'NODE-LICENSE.txt'));
}

/** A folder in `folder` with the program and Node's licence; made anew when the worker or Node has changed. */
export async function workerProgram(folder = usual) {
  if (process.platform === 'darwin') throw new NotPossible('The worker program is made on Linux and Windows only.');
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  try {
    const main = 'worker.cjs';
    await bundleMain(join(work, main));
    const hash = createHash('sha256')
      .update(readFileSync(join(work, main)))
      .update(process.version)
      .digest('hex')
      .slice(0, 12);
    const final = join(folder, hash);
    if (existsSync(final)) return final;
    const fresh = join(work, 'program');
    mkdirSync(fresh);
    make(main, work, fresh);
    for (const old of readdirSync(folder).filter((entry) => /^[0-9a-f]{12}$/.test(entry)))
      rmSync(join(folder, old), { recursive: true });
    renameSync(fresh, final);
    return final;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
