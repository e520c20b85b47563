// By its default: webpack replaces calls of createRequire that it knows by its name.
import { existsSync } from 'node:fs';
import Module from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The module's own file, where modules have that; a bundle in CommonJS has no URL of its own. */
declare const __filename: string | undefined;

const packageName = 'portreservation';

/** This code was bundled into a program, and the files that cannot be bundled are not to be found beside it. */
export class PackageFilesError extends Error {
  readonly code = 'ERR_PACKAGE_FILES';
  /** The package that has them: to be installed beside the program, and marked external. */
  readonly packageName = packageName;
  /** What can be done about it. */
  readonly hint: string;

  constructor(program: string, cause: unknown) {
    super(`${program} has ${packageName} bundled into it, and cannot find the files that are not bundled.`, { cause });
    this.name = 'PackageFilesError';
    this.hint =
      `Mark ${packageName} as external and install it beside the program: ` +
      `esbuild --external:${packageName}, \`external\` of rollup, \`externals\` of webpack, \`serverExternalPackages\` of Next.`;
  }
}

/** Where this code lies, as far as it can say: a bundle may know neither, or where it was when it was bundled. */
function* ownFiles(): Generator<string> {
  const url: string | undefined = import.meta.url;
  if (url?.startsWith('file:')) yield fileURLToPath(url);
  if (typeof __filename === 'string' && isAbsolute(__filename)) yield __filename;
}

/** The package's folder, by where this code lies in it: in the sources, or in a part of the built library. */
const folderOf = (file: string) => /^(.*)[\\/](?:src|dist[\\/]lib)[\\/]/.exec(file)?.[1];

let folder: string | undefined;

/** The folder that this code lies in, if that is the package's. By its manifest: a program may have such folders, too. */
function own(file: string): string | undefined {
  const found = folderOf(file);
  try {
    if (found && Module.createRequire(file)(join(found, 'package.json')).name === packageName) return found;
  } catch {
    // There is none, or it is another program's.
  }
  return undefined;
}

function packageFolder(): string {
  const files = [...ownFiles()];
  let failure: unknown;
  for (const file of files) {
    try {
      return own(file) ?? dirname(Module.createRequire(file).resolve(`${packageName}/package.json`));
    } catch (error) {
      failure = error;
    }
  }
  throw new PackageFilesError(files.at(-1) ?? 'A program', failure);
}

/**
 * A file of this package that cannot be part of a bundle, such as `dist/PortReservation/worker/worker.mjs`.
 * @throws PackageFilesError
 */
export function packageFile(...path: string[]): string {
  folder ??= packageFolder();
  return join(folder, ...path);
}

/** Set in the built library alone. */
declare const IS_BUILT_LIBRARY: true | undefined;

/** The same where it is there to be found; undefined in the sources, whose build may be of any age. */
export function installedFile(...path: string[]): string | undefined {
  try {
    const file = typeof IS_BUILT_LIBRARY === 'undefined' ? undefined : packageFile(...path);
    return file !== undefined && existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
