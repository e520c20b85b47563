import { spawnSync } from 'node:child_process';

const tried = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'], { encoding: 'utf8' });

/** Why mounts of one's own cannot be had here; undefined when they can. */
export const mountsMissing =
  tried.status === 0 ? undefined : `unshare -m: ${(tried.error?.message ?? tried.stderr).trim()}`;

/** The command line that runs a program with a mount that nobody else sees. */
export const withMount = (script: string) => ['unshare', '-m', 'sh', '-c', `${script} && exec "$@"`, 'sh'];
