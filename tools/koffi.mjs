// koffi's native files, laid out as src/native/koffi-beside.ts looks for them: <platform>-<arch>/koffi.node.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmPackage } from './npm-package.mjs';

/** What the packages carry. Linux means glibc and musl. */
const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** From an unpacked @koromix/koffi-<platform>, which has a folder for each C library. */
function copyNative(source, target) {
  mkdirSync(target, { recursive: true });
  for (const build of readdirSync(source)) {
    const native = join(source, build, 'koffi.node');
    if (existsSync(native)) cpSync(native, join(target, build.startsWith('musl') ? 'koffi-musl.node' : 'koffi.node'));
  }
}

/** The platforms that npm installed: this one. */
export function copyInstalled(target) {
  const installed = join(root, 'node_modules', '@koromix');
  for (const name of readdirSync(installed))
    copyNative(join(installed, name), join(target, name.replace('koffi-', '')));
}

const fetched = (platform) => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const name = `@koromix/koffi-${platform}`;
  return npmPackage({ name, ...packages[`node_modules/${name}`] });
};

/** The native file of one platform; on Linux for glibc. */
export function nativePackage(platform) {
  const folder = fetched(platform);
  const build = readdirSync(folder).find(
    (name) => !name.startsWith('musl') && existsSync(join(folder, name, 'koffi.node')),
  );
  return join(folder, build, 'koffi.node');
}

/** All platforms of the packages, in the version and integrity of package-lock.json; fetched when they are not there. */
export function copyAll(target) {
  for (const platform of platforms) copyNative(fetched(platform), join(target, platform));
}
