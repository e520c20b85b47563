import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import koffi from 'koffi';
import { afterAll, beforeAll } from 'vitest';
import { Bpf } from '../../../../src/native/linux/bpf.ts';
import { controlGroupOf, topControlGroup } from '../../../../src/providers/linux/kernel/control-group.ts';
import type { GatePlace } from '../../../../src/providers/linux/kernel/gate-access.ts';
import { storageTypes } from '../../../../src/providers/linux/kernel/storage-type.ts';

const CLONE_NEWNS = 0x00020000;
const CLONE_NEWNET = 0x40000000;
const MS_REC_PRIVATE = 0x4000 | 0x40000;

/** Why there can be no gate here; undefined where there can. Only what the kernel itself refuses counts. */
export const noGate: string | undefined = await (async () => {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.geteuid?.() !== 0 || !isMainThread) return 'needs root, in the main thread';
  try {
    const bpf = await Bpf.load();
    bpf.close(bpf.loadBtf(storageTypes()));
    topControlGroup();
    return undefined;
  } catch (error) {
    return `needs the right to BPF: ${(error as Error).message}`;
  }
})();

/** For a title: says why the tests under it are skipped. */
export const gateTitle = (title: string): string => (noGate ? `${title} (skipped: ${noGate})` : title);

/** A network namespace, a BPF file system and a control group of the test file's own: nothing of the machine changes. */
export interface Room extends Required<GatePlace> {
  /** The BPF file system. */
  bpffs: string;
  /** A control group below, gone with the room. */
  subgroup(name: string): string;
}

const must = (result: number) => {
  if (result < 0) throw new Error(`no room for a gate: errno ${koffi.errno()}`);
};

/** Makes a control group go: the kernel may need a moment after the last process has ended. */
export async function removeGroup(path: string): Promise<void> {
  for (;;) {
    try {
      return rmdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      await setTimeout(10);
    }
  }
}

/** Gives the test file and the programs it starts a room of their own. */
export function useRoom(): Room {
  const room = { userId: 0 } as Room;
  const subgroups: string[] = [];
  let home = '';
  room.subgroup = (name) => {
    const path = join(room.group, name);
    mkdirSync(path);
    subgroups.push(path);
    return path;
  };
  beforeAll(() => {
    if (noGate) return;
    const libc = koffi.load(null);
    must(libc.func('int unshare(int flags)')(CLONE_NEWNS | CLONE_NEWNET));
    const mount = libc.func('int mount(const char *, const char *, const char *, ulong, const char *)');
    must(mount('none', '/', null, MS_REC_PRIVATE, null));
    room.bpffs = mkdtempSync(join(tmpdir(), 'bpffs-'));
    must(mount('bpf', room.bpffs, 'bpf', 0, null));
    room.pins = join(room.bpffs, 'port-reservation');
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    home = controlGroupOf('self', topControlGroup().path);
    room.group = join(topControlGroup().path, `port-reservation-test-${process.pid}`);
    mkdirSync(room.group);
    enter(room.group);
  });
  afterAll(async () => {
    if (!home) return;
    enter(home);
    for (const path of subgroups.reverse()) await removeGroup(path);
    for (const left of readFileSync(join(room.group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
      writeFileSync(join(home, 'cgroup.procs'), left);
    }
    await removeGroup(room.group);
  });
  return room;
}

/** Moves this process, and with it what it will start, into the control group. */
const enter = (group: string): void => writeFileSync(join(group, 'cgroup.procs'), `${process.pid}`);
