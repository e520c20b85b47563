import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { powershellCommand, scriptEnvironment } from '../../tools/powershell.mjs';

const root = join(import.meta.dirname, '../..');
const packages = join(root, 'build/package');

/** The version of everything in the release. */
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Whether there is nothing to install. */
export const noPackages = !existsSync(packages);

/** For a title: says why the tests under it are skipped. */
export const packagesTitle = (title: string): string =>
  noPackages ? `${title} (skipped: npm run package could not fetch what it needs)` : title;

/** The one file of the release with this ending. */
export function packageFile(ending: string): string {
  const found = readdirSync(packages).filter((name) => name.endsWith(ending));
  if (found.length !== 1) throw new Error(`${packages} has ${found.length} files that end with ${ending}`);
  return join(packages, found[0]!);
}

/** The module as it is in the packages. */
export const moduleInPackages = join(packages, 'PortReservation');

/** Where the module with the program is, for this platform. */
export const folderWithProgram = join(packages, `${process.platform}-${process.arch}`);

/** The command line as one program, for this platform. */
export const singleProgramFile = join(
  packages,
  `portreservation-${process.platform}-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`,
);

/** Whether there is none. */
export const noProgram = !existsSync(singleProgramFile);

/** For a title: says why the tests under it are skipped. */
export const programTitle = (title: string): string =>
  noProgram ? `${title} (skipped: npm run package could not make it here)` : title;

/** An empty folder outside the checkout, where no package of ours can be found by chance. */
export function emptyFolder(onTestFinished: (work: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-install-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where this user may have it, a network namespace without any network. */
const prefix =
  process.platform === 'linux' && spawnSync('unshare', ['-n', 'true']).status === 0 ? ['unshare', '-n'] : [];

/** A command line that runs without network. */
export const withoutNetwork = (...commandLine: string[]): [string, ...string[]] =>
  [...prefix, ...commandLine] as [string, ...string[]];

/** Runs a program without network and gives its output; fails when it does. */
export async function run(command: string, args: string[], { cwd, env = {} }: RunOptions): Promise<string> {
  const [program, ...rest] = withoutNetwork(command, ...args);
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 24, shell: process.platform === 'win32' };
  const { stdout } = await promisify(execFile)(program, rest, options).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
  });
  return stdout;
}

export interface RunOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a PowerShell script in the same way. */
export async function runScript(script: string, options: RunOptions): Promise<string> {
  const [command, ...args] = powershellCommand();
  const env = { ...scriptEnvironment, ...options.env };
  return run(command!, [...args, '-Command', `$ErrorActionPreference = 'Stop'\n${script}`], { ...options, env });
}
