import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../../../protocol/errors.ts';
import { onGateFile } from './failure.ts';

/** A control group of version 2 that programs can be put on. */
export interface ControlGroup {
  path: string;
  /** Whether it is above every process of the machine: in a container it seldom is. */
  wholeMachine: boolean;
}

/** The inode of the topmost control group, however it is mounted. */
const topInode = 1;

/**
 * The topmost control group that this process sees.
 * @throws ServiceError NotSupported where there are control groups of version 1 alone
 */
export function topControlGroup(mounts = '/proc/self/mountinfo'): ControlGroup {
  const path = mountOf(
    'cgroup2',
    onGateFile('read', mounts, () => readFileSync(mounts, 'utf8')),
  );
  if (path === undefined) {
    throw new ServiceError(
      'NotSupported',
      'The kernel enforces reservations for control groups of version 2, and none is mounted here.',
      {
        target: '/sys/fs/cgroup',
        hint:
          'Boot with systemd.unified_cgroup_hierarchy=1, or mount them beside those of version 1: ' +
          'mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified',
      },
    );
  }
  return controlGroup(path);
}

/** The control group in that folder. */
export const controlGroup = (path: string): ControlGroup => ({
  path,
  wholeMachine: onGateFile('examine', path, () => statSync(path)).ino === topInode,
});

/** Where a file system of the type is mounted whole; the last mount lies over the others. */
export function mountOf(type: string, mountinfo: string): string | undefined {
  const mounted = mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, path = ''] = before.split(' ');
    return root === '/' && after.startsWith(`${type} `) ? [unescaped(path)] : [];
  });
  return mounted.at(-1);
}

/** mountinfo writes blanks and the like as octal numbers. */
const unescaped = (path: string) =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * The control group of the process.
 * @param top the topmost one that is seen here
 * @throws ServiceError NotSupported where it lies outside of what is seen here, AccessDenied, OsError
 */
export function controlGroupOf(processId: number | 'self', top: string): string {
  const file = `/proc/${processId}/cgroup`;
  const text = onGateFile('read', file, () => readFileSync(file, 'utf8'));
  const path = /^0::(.*)$/m.exec(text)?.[1];
  if (path === undefined || path.split('/').includes('..')) {
    throw new ServiceError('NotSupported', `Process ${processId} is in no control group that is seen here.`, {
      target: file,
      hint: 'Run this where the process runs: outside the container, or inside it.',
    });
  }
  return join(top, path);
}
