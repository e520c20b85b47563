import { readFileSync } from 'node:fs';
import { onFileNow } from '../../../machine/file-error.ts';
import { unlessHidden } from '../../../machine/unless-hidden.ts';
import { BpfError } from '../../../native/linux/bpf.ts';
import { NativeError } from '../../../native/native-error.ts';
import { type ErrorName, ServiceError } from '../../../protocol/errors.ts';

/** Bits of linux/capability.h */
const capabilities: Record<string, number> = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_BPF: 39 };

const wholeMap = /^\s*0\s+0\s+4294967295\s*$/;

const read = (file: string): string => unlessHidden(() => readFileSync(file, 'utf8')) ?? '';

/** Why the kernel gives this process no right to BPF, as far as the process can tell. */
export function missingRights(status = read('/proc/self/status'), userMap = read('/proc/self/uid_map')): string {
  if (userMap && !wholeMap.test(userMap)) {
    return 'This process is in a user namespace, as in a rootless container, where the kernel gives nobody that right: run it outside.';
  }
  const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const held = bits === undefined ? undefined : BigInt(`0x${bits}`);
  const has = (name: string) => held === undefined || ((held >> BigInt(capabilities[name]!)) & 1n) === 1n;
  if (has('CAP_SYS_ADMIN'))
    return 'Something forbids it to root too: a policy (SELinux, lockdown), or a filter of the container (seccomp).';
  const missing = ['CAP_BPF', 'CAP_NET_ADMIN'].filter((name) => !has(name));
  if (missing.length === 0)
    return 'Run as root, for example with sudo: CAP_BPF and CAP_NET_ADMIN alone were not enough.';
  return `Run as root, for example with sudo; in a container give it CAP_BPF and CAP_NET_ADMIN, of which it lacks ${missing.join(' and ')}.`;
}

const tooOld = {
  name: 'NotSupported',
  hint: 'This kernel lacks what the gate is made of: it takes Linux 5.10, built with CONFIG_CGROUP_BPF and CONFIG_NET.',
} as const;

const hints: Partial<Record<string, { name: ErrorName; hint: string }>> = {
  ENOSYS: {
    name: 'NotSupported',
    hint: 'This kernel was built without BPF (CONFIG_BPF_SYSCALL), or a filter of the container forbids it.',
  },
  EINVAL: tooOld,
  EACCES: tooOld, // the verifier's word for a program it does not take
  ENOSPC: { name: 'OsError', hint: 'The map of ranges is full: reserve fewer and longer ranges.' },
  ENOMEM: { name: 'OsError', hint: 'The kernel is out of memory.' },
};

/**
 * What a failed call on the gate is to the user. Anything but a system error is returned as it is.
 * @param action what was to be done, such as `tell the kernel of tcp 5000-5009`
 */
export function gateError(error: unknown, action: string, target: string): unknown {
  if (!(error instanceof NativeError)) return error;
  const { code, function: osFunction } = error;
  const facts = { target, osCode: code, osFunction };
  const log = error instanceof BpfError && error.log ? ` The verifier says: ${error.log}` : '';
  const message = `Cannot ${action}: ${osFunction} failed with ${code}.${log}`;
  if (code === 'EPERM') {
    return new ServiceError('AccessDenied', message, { ...facts, hint: missingRights() }, error);
  }
  const known = hints[code];
  return new ServiceError(known?.name ?? 'OsError', message, { ...facts, ...(known && { hint: known.hint }) }, error);
}

/** A control group that does not take our program, though we have the right to. */
export function groupError(error: BpfError, group: string, taken: { count: number; exclusive: boolean }): unknown {
  const facts = { target: group, osCode: error.code, osFunction: error.function };
  if (error.code === 'EPERM' && taken.exclusive) {
    return new ServiceError(
      'NotSupported',
      `Another program has the control group ${group} for itself: ${error.function} failed with EPERM.`,
      { ...facts, hint: 'See whose it is with "bpftool cgroup tree"; it must be attached with BPF_F_ALLOW_MULTI.' },
      error,
    );
  }
  if (error.code === 'E2BIG') {
    return new ServiceError(
      'NotSupported',
      `The control group ${group} has ${taken.count} programs already, and the kernel takes no more.`,
      {
        ...facts,
        hint: 'End other workers with runtime reservations that the kernel enforces, or make those persistent.',
      },
      error,
    );
  }
  if (error.code === 'EBADF') {
    return new ServiceError(
      'NotSupported',
      `${group} is no control group of version 2.`,
      { ...facts, hint: 'Mount them: mount -t cgroup2 none /sys/fs/cgroup/unified' },
      error,
    );
  }
  return gateError(error, `put the gate on ${group}`, group);
}

const right = "Run as root, for example with sudo: what the kernel enforces is root's to change and to look at.";

/** Runs a file operation on what the gate is made of; a failure says what was to be done to which file. */
export const onGateFile = <T>(action: string, path: string, work: () => T): T =>
  onFileNow({ action, path, hints: { EACCES: right, EPERM: right, EROFS: right } }, work);
