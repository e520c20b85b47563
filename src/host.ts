import { userInfo } from 'node:os';

/** What the rest of the code may know of the process it runs in. Only this file and the entries name `process`. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly processId: number;
  /** The absolute path of the Node that runs this. */
  readonly execPath: string;
  /** The user's name, or the numeric id where there is no name. */
  readonly user: string;
  /** The numeric user id; undefined on Windows. */
  readonly userId: number | undefined;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.() ?? 'unknown');
  }
}

/** The host of this process. */
export function thisHost(): Host {
  return {
    platform: process.platform,
    env: process.env,
    processId: process.pid,
    execPath: process.execPath,
    user: userName(),
    userId: process.geteuid?.(),
  };
}
