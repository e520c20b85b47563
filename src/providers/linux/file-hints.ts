import type { FileHints } from '../../machine/file-error.ts';

const right =
  'Run as root, for example with sudo. In a container the list under /proc/sys/net/ipv4 and the folder ' +
  '/etc/sysctl.d must be writable. A runtime reservation needs no rights.';

/** What to do about a failed call on the kernel's list or on files that fill it. */
export const sysctlHints: FileHints = {
  EACCES: right,
  EPERM: right,
  EROFS:
    'It is on a read-only file system: make that writable. In a container, run it with the list under ' +
    '/proc/sys/net/ipv4 and the folder /etc/sysctl.d writable. A runtime reservation needs neither.',
  ENOSPC: 'The file system is full: free some space on it.',
  ELOOP: 'Symbolic links are not followed there: put a real file in its place.',
  EISDIR: 'A folder is in the way of the file: move it away.',
  EMFILE: 'This process has too many files open: raise the limit (ulimit -n, or LimitNOFILE= of a systemd service).',
};
