import { userInfo } from 'node:os';
import type { FileHints } from '../../machine/file-error.ts';

const inContainer = 'In a container the list under /proc/sys/net/ipv4 and the folder /etc/sysctl.d must be writable.';

/** Root is told nothing of sudo. */
const right = (): string =>
  isRoot()
    ? `Root is refused it here: by a container, a security module or a file's attributes. ${inContainer}`
    : `Run as root, for example with sudo. ${inContainer} A runtime reservation needs no rights.`;

function isRoot(): boolean {
  try {
    return userInfo().uid === 0;
  } catch {
    return false;
  }
}

/** What to do about a failed call on the kernel's list or on files that fill it. */
export const sysctlHints: FileHints = {
  get EACCES() {
    return right();
  },
  get EPERM() {
    return right();
  },
  EROFS:
    'It is on a read-only file system: make that writable. In a container, run it with the list under ' +
    '/proc/sys/net/ipv4 and the folder /etc/sysctl.d writable. A runtime reservation needs neither.',
  ENOSPC: 'The file system is full: free some space on it.',
  ELOOP: 'Symbolic links are not followed there: put a real file in its place.',
  EISDIR: 'A folder is in the way of the file: move it away.',
  EMFILE: 'This process has too many files open: raise the limit (ulimit -n, or LimitNOFILE= of a systemd service).',
};
