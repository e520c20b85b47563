import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noPackages, packageFile } from '../package/installation.ts';

/** The folder of the example projects. */
export const projects = join(import.meta.dirname, 'projects');

const modules = join(projects, 'node_modules');

/** Why the example projects cannot run; undefined where they can. */
export const noProjects: string | undefined = (() => {
  if (noPackages) return 'npm run package could not fetch what it needs';
  if (!existsSync(join(modules, '.package-lock.json')))
    return 'they are not installed: run node test/library/setup.mjs';
  return undefined;
})();

/** For a title: says why the tests under it are skipped. */
export const projectsTitle = (title: string): string => (noProjects ? `${title} (skipped: ${noProjects})` : title);

/** Puts the packed library into the projects' modules, in the place of the one of an earlier run. */
export function installLibrary(): void {
  const target = join(modules, 'portreservation');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  execFileSync('tar', ['-xzf', packageFile('.tgz'), '-C', target, '--strip-components=1']);
}

/** A runtime that the projects have; undefined where it is not for this system. */
export function runtime(...path: string[]): string | undefined {
  const file = join(modules, ...path);
  return existsSync(file) ? file : undefined;
}

/** A program of the projects' packages, to be run on Node. */
export const bin = (...path: string[]): string => join(modules, ...path);

/** The environment of a program that is no part of this test run, with a ledger of its own. */
export function cleanEnvironment(onEnd: (work: () => void) => void): NodeJS.ProcessEnv {
  const home = mkdtempSync(join(tmpdir(), 'port-reservation-projects-'));
  onEnd(() => rmSync(home, { recursive: true, force: true }));
  const ours = /^(VITEST|JEST|TEST|NODE_ENV|NODE_OPTIONS|FORCE_COLOR|npm_|DEV$|PROD$|MODE$|BASE_URL$|SSR$)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return { ...Object.fromEntries(kept), PORT_RESERVATION_HOME: home, NO_COLOR: '1' };
}

/** Runs a program to its end and gives all that it said; fails when it does. */
export function run(
  file: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { cwd, env, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout + stderr);
    });
  });
}
