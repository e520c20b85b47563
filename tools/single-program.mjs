// `portreservation` as one file that needs no Node: Node's own program with the whole command line and koffi's native file
// inside (a single executable application). For each system whose Node npm carries, from any of them.
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
import { nativePackage } from './koffi.mjs';
import { NotPossible } from './not-possible.mjs';
import { npmPackage } from './npm-package.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const usual = join(root, 'build', 'single-program');
const postject = join(root, 'node_modules', 'postject', 'dist', 'cli.js');
const nodes = JSON.parse(readFileSync(new URL('nodes.json', import.meta.url), 'utf8'));

/** What programs are made for. macOS runs only what is signed, and its own codesign alone signs: none is made for it. */
export const programPlatforms = Object.keys(nodes);

/** This platform, as Node and the packages call it. */
export const thisPlatform = `${process.platform}-${process.arch}`;

/** Where Node marks that something was injected; the same in every Node. */
const sentinelFuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const exe = (name, platform) => (platform.startsWith('win32') ? `${name}.exe` : name);

/** What the program is called there. */
export const programName = (platform) => exe('portreservation', platform);

function pinned(platform) {
  const pin = nodes[platform];
  if (!pin) throw new NotPossible(`No program is made for ${platform}, only for ${programPlatforms.join(', ')}.`);
  return npmPackage(pin);
}

/** Quiet unless it fails: both steps talk of harmless things. */
function run(program, args, cwd) {
  try {
    execFileSync(program, args, { cwd, stdio: 'pipe', env: { ...process.env, NODE_OPTIONS: '' } });
  } catch (error) {
    throw new NotPossible(`${program} cannot be made into a program:\n${error.stdout}${error.stderr}`, {
      cause: error,
    });
  }
}

/** What goes into Node, as one file for that platform. The pinned Node of this one makes it: the form is that of its version. */
function makeBlob(main, platform, work) {
  const [config, output] = ['sea.json', 'program.blob'];
  const assets = { 'koffi.node': 'koffi.node' };
  cpSync(nativePackage(platform), join(work, 'koffi.node'));
  // The code cache is for the machine code of one platform; the seed gives it the same bytes each time.
  const settings = {
    main,
    output,
    assets,
    disableExperimentalSEAWarning: true,
    useCodeCache: platform === thisPlatform,
  };
  writeFileSync(join(work, config), JSON.stringify(settings));
  const maker = join(pinned(thisPlatform), 'bin', exe('node', thisPlatform));
  run(maker, ['--random-seed=1', '--experimental-sea-config', config], work);
  return output;
}

/** The same bytes wherever and whenever it is made: all paths are relative. */
function make(main, platform, work, target) {
  const blob = makeBlob(main, platform, work);
  const program = join(target, programName(platform));
  cpSync(join(pinned(platform), 'bin', exe('node', platform)), program);
  chmodSync(program, 0o755);
  run(process.execPath, [postject, program, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', sentinelFuse], work);
  // Not every one of these packages has it, and it is the same for all of a version.
  const licences = [platform, ...programPlatforms].map((one) => join(pinned(one), 'LICENSE'));
  cpSync(
    licences.find((file) => existsSync(file)),
    join(target, 'NODE-LICENSE.txt'),
  );
  for (const file of readdirSync(target)) chmodSync(join(target, file), file.includes('LICENSE') ? 0o644 : 0o755);
}

/** The command line as one script, which finds koffi inside of the program. */
function bundleProgram(outfile) {
  const { define, ...options } = commonJs('process.execPath');
  return bundle('src/cli/main.ts', outfile, '', {
    ...options,
    define: { ...define, IS_SINGLE_PROGRAM: 'true' },
    alias: { koffi: join(root, 'src/native/koffi-inside.ts') },
  });
}

/** A folder in `folder` with the program and Node's licence; made anew when the command line or Node has changed. */
export async function singleProgram(platform = thisPlatform, folder = usual) {
  const place = join(folder, platform);
  mkdirSync(place, { recursive: true });
  const work = mkdtempSync(join(place, 'new-'));
  try {
    const main = 'portreservation.cjs';
    await bundleProgram(join(work, main));
    const hash = createHash('sha256')
      .update(readFileSync(join(work, main)))
      .update(JSON.stringify(nodes))
      .update(readFileSync(nativePackage(platform)))
      .digest('hex')
      .slice(0, 12);
    const final = join(place, hash);
    if (existsSync(final)) return final;
    const fresh = join(work, 'program');
    mkdirSync(fresh);
    make(main, platform, work, fresh);
    for (const old of readdirSync(place).filter((entry) => /^[0-9a-f]{12}$/.test(entry)))
      rmSync(join(place, old), { recursive: true });
    renameSync(fresh, final);
    return final;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
