import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A command line that begins every way to start PortReservation, and the environment it needs. */
export interface Program {
  words: readonly [string, ...string[]];
  env: Record<string, string>;
}

/** Where it may be. */
export interface Places {
  /** What the user has set. */
  setting: string;
  /** Folders whose programs may be run. */
  trustedFolders: readonly string[];
  env: NodeJS.ProcessEnv;
}

const script = 'portreservation.mjs';
const inPackage = join('node_modules', 'portreservation', 'dist', 'PortReservation', 'worker', script);

/** Extensions run in Electron; the variable makes its program the Node that it contains. */
function programAt(file: string): Program {
  const real = existsSync(file) ? realpathSync(file) : file;
  if (!/\.[cm]?js$/.test(real)) return { words: [file], env: {} };
  return { words: [process.execPath, real], env: { ELECTRON_RUN_AS_NODE: '1' } };
}

function moduleFolders({ PSModulePath }: NodeJS.ProcessEnv): string[] {
  const usual =
    process.platform === 'win32'
      ? ['PowerShell', 'WindowsPowerShell'].map((name) => join(homedir(), 'Documents', name, 'Modules'))
      : [join(homedir(), '.local/share/powershell/Modules'), '/usr/local/share/powershell/Modules'];
  return [...(PSModulePath ?? '').split(delimiter).filter(Boolean), ...usual];
}

/** The newest version of the module there, whose folders are named by versions or not. */
function inModules(folder: string): string[] {
  const module = join(folder, 'PortReservation');
  let names: string[] = [];
  try {
    names = readdirSync(module).filter((name) => /^\d+(\.\d+)+$/.test(name));
  } catch {
    return [];
  }
  const byVersion = names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [...byVersion, ''].map((version) => join(module, version, 'worker', script));
}

function onPath({ PATH = '' }: NodeJS.ProcessEnv): string[] {
  const folders = PATH.split(delimiter).filter(Boolean);
  // npm's command files cannot be started without a shell; what they start can.
  if (process.platform === 'win32') return folders.map((folder) => join(folder, inPackage));
  return folders.map((folder) => join(folder, 'portreservation'));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds PortReservation; undefined where it is not installed. */
export function findProgram({ setting, trustedFolders, env }: Places): Program | undefined {
  if (setting) return programAt(setting);
  const candidates = [
    ...moduleFolders(env).flatMap(inModules),
    ...trustedFolders.map((folder) => join(folder, inPackage)),
    ...onPath(env),
  ];
  const found = candidates.find(isProgram);
  return found === undefined ? undefined : programAt(found);
}
