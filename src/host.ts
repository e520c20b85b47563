import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { installedFile } from './package-files.ts';
import { isSingleProgram } from './single-program.ts';

/** What the rest of the code may know of the process it runs in. Only this file and the entries name `process`. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly processId: number;
  /** The absolute path of the Node that runs this. */
  readonly execPath: string;
  /** The program that it runs, as it was started: `execPath` where both are one; undefined where it has none. */
  readonly programFile: string | undefined;
  /** The user's name, or the numeric id where there is no name. */
  readonly user: string;
  /** The numeric user id; undefined on Windows. */
  readonly userId: number | undefined;
  /** How the command line is called on this machine, for what is left there to be read by people. */
  commandLine(): string;
  /** The file of the command line that came with this program. */
  commandFile(): string | undefined;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.() ?? 'unknown');
  }
}

/** By its name where that is on PATH, else by the file that came with this program. */
function commandLine(): string {
  const name = 'portreservation';
  const isThere = (process.env.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, name)));
  if (isThere) return name;
  if (isSingleProgram()) return `'${process.execPath}'`;
  const file = commandFile();
  return file === undefined ? name : `node '${file}'`;
}

function commandFile(): string | undefined {
  const name = 'portreservation.mjs';
  const beside = join(dirname(process.argv[1] ?? ''), name);
  return existsSync(beside) ? beside : installedFile('dist/PortReservation/worker', name);
}

/** The host of this process. */
export function thisHost(): Host {
  return {
    platform: process.platform,
    env: process.env,
    processId: process.pid,
    execPath: process.execPath,
    programFile: isSingleProgram() ? process.execPath : process.argv[1],
    user: userName(),
    userId: process.geteuid?.(),
    commandLine,
    commandFile,
  };
}
