import { userInfo } from 'node:os';
import { posix, win32 } from 'node:path';
import type { Host } from '../host.ts';
import { ServiceError } from '../protocol/errors.ts';

/** A folder with a ledger in it. */
export interface LedgerFolder {
  path: string;
  /** Whether every user may read it. */
  shared: boolean;
}

/** Where the ledgers are for this process. */
export interface LedgerFolders {
  /** The one it writes to; none where this user has no home. */
  own?: LedgerFolder;
  /** The system's, where it may only read that one. */
  system?: LedgerFolder;
}

type Paths = typeof posix;

/** An environment variable that holds an absolute path; a relative one is left aside, as the XDG specification asks. */
function absolute(paths: Paths, value: string | undefined): string | undefined {
  return value && paths.isAbsolute(value) ? value : undefined;
}

function chosenFolder(host: Host, paths: Paths): string | undefined {
  const chosen = host.env.PORT_RESERVATION_HOME;
  if (!chosen || paths.isAbsolute(chosen)) return chosen || undefined;
  throw new ServiceError(
    'NotSupported',
    `PORT_RESERVATION_HOME is ${JSON.stringify(chosen)}, which is a relative path.`,
    {
      target: chosen,
      hint: 'Set it to the full path of a folder, or unset it.',
    },
  );
}

function systemFolder(host: Host, paths: Paths): string {
  if (host.platform !== 'win32') return '/var/lib/port-reservation';
  return paths.join(absolute(paths, host.env.ProgramData) ?? 'C:\\ProgramData', 'PortReservation');
}

/** As the system knows it; undefined for a user that it does not know, as containers with random user ids have. */
function homeFolder(paths: Paths): string | undefined {
  try {
    return absolute(paths, userInfo().homedir);
  } catch {
    return undefined;
  }
}

function userFolder(host: Host, paths: Paths): string | undefined {
  if (host.platform === 'win32') {
    const local = absolute(paths, host.env.LOCALAPPDATA);
    if (local) return paths.join(local, 'PortReservation');
    const profile = homeFolder(paths);
    return profile && paths.join(profile, 'AppData', 'Local', 'PortReservation');
  }
  const state = host.platform === 'darwin' ? undefined : absolute(paths, host.env.XDG_STATE_HOME);
  if (state) return paths.join(state, 'port-reservation');
  const home = absolute(paths, host.env.HOME) ?? homeFolder(paths);
  if (!home) return undefined;
  if (host.platform === 'darwin') return paths.join(home, 'Library', 'Application Support', 'PortReservation');
  return paths.join(home, '.local', 'state', 'port-reservation');
}

/**
 * Finds the folders.
 * @param privileged whether the process runs as root or elevated
 * @throws ServiceError NotSupported when PORT_RESERVATION_HOME is a relative path
 */
export function ledgerFolders(host: Host, privileged: boolean): LedgerFolders {
  const paths = host.platform === 'win32' ? win32 : posix;
  const chosen = chosenFolder(host, paths);
  if (chosen) return { own: { path: chosen, shared: false } };
  const system = { path: systemFolder(host, paths), shared: true };
  if (privileged) return { own: system };
  const path = userFolder(host, paths);
  return { ...(path && { own: { path, shared: false } }), system };
}
