import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../host.ts';
import { isOwnFolder, userFolders } from '../machine/user-folder.ts';

/** What of the process decides where its socket is. */
export type Place = Pick<Host, 'platform' | 'env' | 'processId' | 'userId'>;

/** The longest path that a socket can have on every Unix (sun_path), without the zero at its end. */
const longestPath = 103;

/**
 * A new address: a socket in a folder that is this user's alone, or on Windows a pipe.
 * @throws NodeJS.ErrnoException where no such folder can be made
 */
export function newAddress(place: Place): string {
  const name = `${place.processId}-${randomBytes(6).toString('hex')}`;
  if (place.platform === 'win32') return `\\\\.\\pipe\\port-reservation-${name}`;
  for (const folder of userFolders(place)) {
    const path = join(folder, `${name}.sock`);
    if (Buffer.byteLength(path) <= longestPath && isOwnFolder(folder, place.userId)) return path;
  }
  // Somebody else has the name of the folder.
  const beginning = join(tmpdir(), 'port-reservation-');
  const isShort = Buffer.byteLength(beginning) + '123456/sock'.length <= longestPath;
  return join(mkdtempSync(isShort ? beginning : '/tmp/port-reservation-'), 'sock');
}

/**
 * Refuses what would be cut off.
 * @throws Error
 */
export function checkLength(path: string): void {
  if (!path.startsWith('/') || Buffer.byteLength(path) <= longestPath) return;
  throw new Error(`the path is longer than the ${longestPath} bytes that the path of a socket may have`);
}

/** Removes the socket, and a folder that was made for it alone. */
export function removeAddress(path: string): void {
  if (path.startsWith('\\\\')) return;
  rmSync(path, { force: true });
  if (basename(path) === 'sock') rmSync(dirname(path), { recursive: true, force: true });
}

/** Removes the sockets in the same folder that killed processes left; each is asked first whether anybody listens. */
export async function removeStale(path: string): Promise<void> {
  if (!path.endsWith('.sock')) return;
  const folder = dirname(path);
  const others = readdirSync(folder).filter((name) => name !== basename(path) && isOfNobody(name));
  for (const name of others) {
    const other = join(folder, name);
    if (await isDeaf(other)) {
      try {
        unlinkSync(other);
      } catch {
        // Another one was faster.
      }
    }
  }
}

/** Whether it may have been left: its process is not seen here, though it may be in another process namespace. */
function isOfNobody(name: string): boolean {
  const [, processId] = /^(\d+)-[0-9a-f]+\.sock$/.exec(name) ?? [];
  return processId !== undefined && !existsSync(`/proc/${processId}`);
}

/** Whether nobody listens on a socket that is there. */
export const isDeaf = async (path: string): Promise<boolean> => (await refusalAt(path)) === 'ECONNREFUSED';

/** Whether somebody listens there. */
export const isServed = async (path: string): Promise<boolean> => (await refusalAt(path)) === undefined;

/** The code by which a connection is refused; undefined where it is not. */
function refusalAt(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code));
  });
}
